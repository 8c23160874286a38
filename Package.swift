// swift-tools-version: 6.2
import PackageDescription

// MARK: - Targets, bottom up. An arrow may point only to a target above it in this file's order;
// ArchitectureTests reads this manifest and checks that.

func system(_ name: String, pkgConfig: String, apt: String) -> Target {
  .systemLibrary(name: name, pkgConfig: pkgConfig, providers: [.apt([apt])])
}

func library(
  _ name: String, path: String? = nil, uses: [String] = [], exclude: [String] = [],
  resources: [Resource] = []
) -> Target {
  .target(
    name: name, dependencies: uses.map { .byName(name: $0) }, path: path, exclude: exclude,
    resources: resources)
}

/// - Parameter fixtures: whether the tests read files of their folder `Fixtures` where they lie.
func tests(
  _ name: String, uses: [String], resources: [Resource] = [], fixtures: Bool = false
) -> Target {
  .testTarget(
    name: name, dependencies: uses.map { .byName(name: $0) },
    exclude: fixtures ? ["Fixtures"] : [], resources: resources)
}

let package = Package(
  name: "chainrule",
  products: [.executable(name: "chainrule", targets: ["chainrule"])],
  targets: [
    // C libraries.
    system("COpenBLAS", pkgConfig: "openblas", apt: "libopenblas-dev"),
    system("CSQLite", pkgConfig: "sqlite3", apt: "libsqlite3-dev"),
    system("CMicroHTTPD", pkgConfig: "libmicrohttpd", apt: "libmicrohttpd-dev"),
    system("CArchive", pkgConfig: "libarchive", apt: "libarchive-dev"),
    system("CGnuTLS", pkgConfig: "gnutls", apt: "libgnutls28-dev"),
    system("CZlib", pkgConfig: "zlib", apt: "zlib1g-dev"),
    system("CZstd", pkgConfig: "libzstd", apt: "libzstd-dev"),
    system("CCairo", pkgConfig: "cairo", apt: "libcairo2-dev"),
    system("CCurl", pkgConfig: "libcurl", apt: "libcurl4-gnutls-dev"),
    system("CProtobufC", pkgConfig: "libprotobuf-c", apt: "libprotobuf-c-dev"),
    system("CPNG", pkgConfig: "libpng", apt: "libpng-dev"),
    system("CTurboJPEG", pkgConfig: "libturbojpeg", apt: "libturbojpeg0-dev"),
    system("CWebP", pkgConfig: "libwebp", apt: "libwebp-dev"),
    system("CLZ4", pkgConfig: "liblz4", apt: "liblz4-dev"),
    .target(
      name: "CVectorMath",
      // The loops must be vectorised in debug builds too, or the tests of the engine take hours.
      cSettings: [.unsafeFlags(["-O3", "-fno-math-errno", "-ffp-contract=off"])]),
    // Rows are cut and told apart at the compiler's speed in debug builds too.
    .target(name: "CTables", cSettings: [.unsafeFlags(["-O2"])]),
    .target(name: "CPictures", cSettings: [.unsafeFlags(["-O2"])]),
    .target(name: "CProcess"),
    .target(name: "CTensorBoard", dependencies: ["CProtobufC"], exclude: ["event.proto"]),
    .target(name: "CAllocationCounter", path: "Tests/CAllocationCounter"),

    // Shared ground.
    library("JSON"),
    library("Digests", uses: ["CGnuTLS"]),
    library("Addresses"),
    library("Compression", uses: ["CZlib", "CZstd"]),
    library("Expressions", uses: ["JSON"]),

    // The engine half: neither HTTP nor SQLite.
    library("Tensors"),
    library("Kernels", uses: ["Tensors", "COpenBLAS", "CVectorMath"]),
    library("Autodiff", uses: ["Tensors", "Kernels"]),
    library("NeuralNetworks", uses: ["Autodiff", "Expressions", "JSON", "Tensors"]),
    library("Optimizers", uses: ["Autodiff", "Expressions", "Kernels", "JSON", "Tensors"]),
    library(
      "Datasets",
      uses: [
        "Tensors", "JSON", "Digests", "CArchive", "CTables", "CPictures", "CPNG", "CTurboJPEG", "CWebP",
        "CLZ4", "CZstd",
      ]),
    library(
      "Training",
      uses: [
        "NeuralNetworks", "Optimizers", "Datasets", "Autodiff", "Kernels", "JSON", "Tensors",
        "CArchive",
      ]),

    // The service half: no tensors.
    library("SQLite", uses: ["CSQLite"]),
    library(
      "Migrations", path: "migrations",
      resources: [
        .embedInCode("0001_initial.sql"), .embedInCode("0002_step_series.sql"),
        .embedInCode("0003_blocks.sql"), .embedInCode("0004_findings.sql"),
        .embedInCode("0005_autopsy.sql"), .embedInCode("0006_queue.sql"),
        .embedInCode("0007_wish.sql"), .embedInCode("0008_housekeeping.sql"),
        .embedInCode("0009_evaluations.sql"), .embedInCode("0010_transfer.sql"),
        .embedInCode("0011_access.sql"), .embedInCode("0012_webhooks.sql"),
        .embedInCode("0013_uploads.sql"), .embedInCode("0014_sweeps.sql"),
        .embedInCode("0015_splits.sql"), .embedInCode("0016_concatenation.sql"),
      ]),
    library("Store", uses: ["SQLite", "CArchive", "CZstd", "Migrations", "Digests", "JSON"]),
    library("Access", uses: ["Store", "Digests", "JSON"]),
    library("TensorBoard", uses: ["CTensorBoard"]),
    library("Plots", uses: ["CCairo"]),
    library("HTTP", uses: ["Addresses", "CMicroHTTPD", "CGnuTLS"]),
    library("HTTPClient", uses: ["CCurl"]),
    library("TerminalText", uses: ["JSON"]),
    library("Client", uses: ["HTTPClient", "Digests", "JSON"]),
    library("Webhooks", uses: ["Addresses", "HTTPClient", "Store", "Digests", "JSON"]),

    // Where they meet.
    library(
      "Runs",
      uses: [
        "Training", "NeuralNetworks", "Optimizers", "Datasets", "Autodiff", "Kernels", "Tensors",
        "Access", "Store", "Digests", "JSON", "CProcess",
      ]),
    library(
      "Web", path: "web", exclude: ["plotly.txt"],
      resources: [
        .embedInCode("index.html"), .embedInCode("icon.svg"), .embedInCode("style.css"),
        .embedInCode("main.js"),
        .embedInCode("api.js"), .embedInCode("dom.js"), .embedInCode("format.js"),
        .embedInCode("plot.js"), .embedInCode("curves.js"), .embedInCode("gradients.js"),
        .embedInCode("runs.js"), .embedInCode("run.js"), .embedInCode("compare.js"),
        .embedInCode("create.js"), .embedInCode("datasets.js"), .embedInCode("editor.js"),
        .embedInCode("model.js"), .embedInCode("findings.js"), .embedInCode("splits.js"),
        .embedInCode("digits.csv.gz"),
      ]),
    library(
      "API",
      uses: [
        "Runs", "HTTP", "TerminalText", "TensorBoard", "Plots", "Web", "Access", "Webhooks",
        "Store", "Training",
        "NeuralNetworks",
        "Optimizers", "Datasets",
        "Autodiff", "Tensors", "Compression", "Digests", "JSON",
      ], resources: [.embedInCode("OpenAPI/answers.json")]),
    .executableTarget(
      name: "chainrule",
      dependencies: [
        "API", "Client", "TerminalText", "Runs", "HTTP", "Access", "Webhooks", "Store", "Training",
        "Datasets",
        "JSON",
      ]),

    // Tests, one target for each above.
    tests("JSONTests", uses: ["JSON"]),
    tests("DigestsTests", uses: ["Digests"]),
    tests("AddressesTests", uses: ["Addresses"]),
    tests("CompressionTests", uses: ["Compression"]),
    tests("ExpressionsTests", uses: ["Expressions"]),
    tests("TensorsTests", uses: ["Tensors"]),
    tests("KernelsTests", uses: ["Kernels", "CVectorMath", "Tensors"]),
    tests(
      "AutodiffTests", uses: ["Autodiff", "Kernels", "Tensors", "CAllocationCounter"],
      fixtures: true),
    tests(
      "NeuralNetworksTests",
      uses: ["NeuralNetworks", "Autodiff", "Expressions", "Kernels", "JSON", "Tensors"],
      fixtures: true),
    tests(
      "OptimizersTests", uses: ["Optimizers", "Autodiff", "Kernels", "JSON", "Tensors"],
      fixtures: true),
    tests("DatasetsTests", uses: ["Datasets", "JSON", "Tensors"], fixtures: true),
    tests(
      "TrainingTests",
      uses: [
        "Training", "NeuralNetworks", "Optimizers", "Datasets", "Autodiff", "Kernels", "JSON",
        "Tensors", "CAllocationCounter",
      ],
      fixtures: true),
    tests("SQLiteTests", uses: ["SQLite"]),
    tests("StoreTests", uses: ["Store", "Migrations", "SQLite", "Digests", "JSON"]),
    tests("AccessTests", uses: ["Access", "Store", "SQLite", "JSON"]),
    tests(
      "WebhooksTests", uses: ["Webhooks", "HTTP", "Store", "Digests", "SQLite", "JSON"]),
    tests("PlotsTests", uses: ["Plots"]),
    tests("TensorBoardTests", uses: ["TensorBoard"]),
    tests("HTTPTests", uses: ["HTTP"]),
    tests("TerminalTextTests", uses: ["TerminalText", "JSON"]),
    tests("ClientTests", uses: ["Client", "JSON"]),
    tests("HTTPClientTests", uses: ["HTTPClient", "HTTP"]),
    tests("RunsTests", uses: ["Runs", "Datasets", "Store", "Training", "Digests", "JSON"]),
    tests(
      "APITests", uses: ["API", "HTTP", "Runs", "Access", "Store", "Datasets", "JSON"],
      fixtures: true),
    .testTarget(
      name: "FuzzTests",
      dependencies: ["API", "HTTP", "Runs", "NeuralNetworks", "Datasets", "JSON"],
      exclude: ["Corpus", "Fuzzer.swift", "words.dict"]),
    tests("ProjectTests", uses: []),
  ])

/// Settings that hold for every target of Swift code, mapped once.
for target in package.targets
where target.type != .system && !["CVectorMath", "CTensorBoard", "CProcess"].contains(target.name) {
  target.swiftSettings = [
    .swiftLanguageMode(.v6),
    .treatAllWarnings(as: .error),
    .enableUpcomingFeature("ExistentialAny"),
  ]
}
