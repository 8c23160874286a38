import Testing

@Suite struct ArchitectureTests {
  let manifest: Manifest

  init() throws { manifest = try Manifest() }

  @Test("the manifest is read whole")
  func manifestIsRead() {
    #expect(manifest.targets.map(\.name).contains("COpenBLAS"))
    #expect(manifest["Training"]?.uses.contains("NeuralNetworks") == true)
    #expect(manifest["chainrule"]?.uses.contains("API") == true)
    #expect(manifest.targets.count >= 20)
  }

  @Test("arrows between targets go down only")
  func arrowsGoDown() {
    var above: Set<String> = []
    for target in manifest.targets {
      for use in target.uses {
        #expect(above.contains(use), "\(target.name) uses \(use), which doesn't stand above it")
      }
      above.insert(target.name)
    }
  }

  @Test("a source file imports only what its target's arrows name")
  func importsFollowArrows() throws {
    let ours = Set(manifest.targets.map(\.name))
    for target in manifest.targets {
      for file in Project.files(under: target.path, endingIn: ["swift"]) {
        let imports = try Project.text(file)
          .matches(
            of: #/^(?:@\w+ |public |internal )*import (?:\w+ )?(\w+)/#.anchorsMatchLineEndings())
        for name in imports.map({ String($0.1) }) where ours.contains(name) {
          #expect(target.uses.contains(name), "\(file) imports \(name), no arrow of \(target.name)")
        }
      }
    }
  }

  @Test("the engine reaches neither HTTP nor SQLite, the service no tensors")
  func halvesAreApart() {
    let engine = manifest.reachable(from: "Training")
    #expect(engine.isDisjoint(with: ["HTTP", "SQLite", "Store", "CMicroHTTPD", "CSQLite"]))
    for service in ["Store", "HTTP"] {
      let reached = manifest.reachable(from: service)
      #expect(reached.isDisjoint(with: ["Tensors", "Kernels", "Autodiff", "Training"]))
    }
  }

  @Test("only Kernels calls OpenBLAS and the C loops, and each C library has one room")
  func librariesHaveOneRoom() throws {
    let rooms = [
      "COpenBLAS": ["Kernels"], "CVectorMath": ["Kernels"], "CTables": ["Datasets"], "CPictures": ["Datasets"],
      "CPNG": ["Datasets"],
      "CTurboJPEG": ["Datasets"], "CWebP": ["Datasets"], "CLZ4": ["Datasets"],
      "CSQLite": ["SQLite"],
      "CMicroHTTPD": ["HTTP"], "CCurl": ["HTTPClient"], "CZlib": ["Compression"],
      // Hashes in the one, certificates as libmicrohttpd takes them in the other.
      "CGnuTLS": ["Digests", "HTTP"], "CZstd": ["Compression", "Datasets", "Store"],
      "CArchive": ["Datasets", "Training", "Store"],
    ]
    for (library, allowed) in rooms {
      let users = manifest.targets.filter { $0.uses.contains(library) }.map(\.name)
      #expect(Set(users).isSubset(of: allowed), "\(library) is used by \(users)")
    }
  }
}
