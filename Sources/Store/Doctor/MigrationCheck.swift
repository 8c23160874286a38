/// Whether the schema is that of this version.
enum MigrationCheck {
  static let check = StoreCheck(name: "schema", needsSchema: false) { examination in
    do {
      return try Migrator.check(examination.connection).map {
        StoreFault(
          "chainrule.sqlite", "lacks migration \($0.name)",
          remedy: "chainrule migrate or serve applies it")
      }
    } catch let error as StoreError {
      return [
        StoreFault(
          "chainrule.sqlite", error.message, remedy: "this version can't say more about it")
      ]
    }
  }
}
