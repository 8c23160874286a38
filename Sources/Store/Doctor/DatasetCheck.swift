/// Whether every dataset's files are there, as its row and the list of a backup say.
enum DatasetCheck {
  static let check = StoreCheck(name: "datasets") { examination in
    let folder = examination.folder
    let stated = try BackupManifest(of: folder)
    var faults: [StoreFault] = []
    for dataset in try StoredDataset.all(examination.connection) {
      let found = dataset.examine(in: folder, reading: examination.reading)
      let all = found.faults + (stated?.faults(among: found.files, of: dataset.content) ?? [])
      // It may have been deleted meanwhile, beside a server.
      guard !all.isEmpty, try isNamed(dataset, examination) else { continue }
      faults += all.map {
        StoreFault(
          "dataset \(dataset.id)", $0, remedy: "take the folder from a backup, or upload it again")
      }
    }
    return faults
  }

  private static func isNamed(_ dataset: StoredDataset, _ examination: Examination) throws -> Bool {
    try StoredDataset.all(examination.connection).contains { $0.content == dataset.content }
  }
}
