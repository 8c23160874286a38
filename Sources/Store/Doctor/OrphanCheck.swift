import Foundation

/// Files that nothing names: what a process left that was killed.
enum OrphanCheck {
  static let check = StoreCheck(name: "orphans", worksBesideServer: false) { examination in
    let folder = examination.folder
    let known = Set(try StoredDataset.all(examination.connection).map(\.content))
    let datasets = Disk.names(in: folder.datasets).filter { !known.contains($0) }
      .map { ("datasets/\($0)", "no dataset names it") }
    let pieces = Set(try UploadRepository.ids(examination.connection).map(\.rawValue))
    let uploads = Disk.names(in: folder.uploads).filter { !pieces.contains($0) }
      .map { ("uploads/\($0)", "its upload ended") }
    let backups = Disk.names(in: folder.backups).filter { $0.hasSuffix(DataFolder.unfinished) }
      .map { ("backups/\($0)", "this backup wasn't made to its end") }
    let others = Disk.names(in: folder.url).filter { $0.hasSuffix(DataFolder.unfinished) }
      .map { ($0, "this copy wasn't made to its end") }
    return (datasets + uploads + backups + others).map { path, fault in
      StoreFault(path, fault, remedy: "remove it", repair: .remove(path))
    }
  }
}
