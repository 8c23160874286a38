import SQLite

/// Of each part of a run's data the newest and the best evaluation, with what stands behind their figures.
public struct EvaluationRepository: Sendable {
  let store: Store

  /// Those of a part and a term: the newest first.
  public func list(_ run: RunID, part: String, term: String) async throws -> [StoredEvaluation] {
    try await store.read { connection in
      try connection.query(
        """
        SELECT part, term, step, is_best, data FROM evaluation
        WHERE run = (SELECT number FROM run WHERE id = ?) AND part = ? AND term = ?
        ORDER BY step DESC
        """, [.text(run.rawValue), .text(part), .text(term)]
      ) { row in
        StoredEvaluation(
          part: row.text(0), term: row.text(1), step: row.integer(2), isBest: row.integer(3) != 0,
          data: row.text(4))
      }
    }
  }

  /// The parts and terms that there are evaluations of.
  public func keys(_ run: RunID) async throws -> [(part: String, term: String)] {
    try await store.read { connection in
      try connection.query(
        """
        SELECT DISTINCT part, term FROM evaluation
        WHERE run = (SELECT number FROM run WHERE id = ?) ORDER BY part DESC, term
        """, [.text(run.rawValue)]
      ) { row in (row.text(0), row.text(1)) }
    }
  }

  /// Keeps an evaluation in place of the newest, and of the best when it is better.
  static func write(
    _ evaluation: StoredEvaluation, _ run: SQLiteValue, _ connection: SQLiteConnection
  ) throws {
    try connection.execute(
      """
      DELETE FROM evaluation WHERE run = ? AND part = ? AND term = ? AND is_best <= ?
      """,
      [
        run, .text(evaluation.part), .text(evaluation.term), .integer(evaluation.isBest ? 1 : 0),
      ])
    try connection.execute(
      """
      INSERT OR REPLACE INTO evaluation (run, part, term, step, is_best, data)
      VALUES (?, ?, ?, ?, ?, ?)
      """,
      [
        run, .text(evaluation.part), .text(evaluation.term), .integer(evaluation.step),
        .integer(evaluation.isBest ? 1 : 0), .text(evaluation.data),
      ])
  }
}
