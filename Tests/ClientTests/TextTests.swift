import JSON
import Testing

@testable import Client

@Suite struct TextTests {
  @Test(
    "columns are as wide as they need to be, numbers stand on the right, and long ones give way")
  func tables() {
    var table = Table(["RUN", "NAME", "STEP"])
    table.add(["run_1", "a", "7"])
    table.add(["run_22", "a name that is long", "12/40"])
    #expect(
      table.text() == """
        RUN     NAME                  STEP
        run_1   a                        7
        run_22  a name that is long  12/40

        """)
    let narrow = table.text(width: 26)
    #expect(narrow.split(separator: "\n").allSatisfy { $0.count <= 26 })
    #expect(narrow.contains("a name tha…"))
    #expect(Table(["A"]).text() == "A\n")
  }

  @Test("a bar shows how far a run is, as far as that is known")
  func bars() {
    let step: JSON = ["step": 50, "total_steps": 200, "loss": 0.123456789, "eta_seconds": 125]
    #expect(
      ProgressBar.line(step, width: 200)
        == "[======                  ]  step 50/200  loss 0.123457  2 min 5 s left")
    #expect(ProgressBar.line(step, width: 20).count == 19)
    #expect(ProgressBar.line(["step": 3, "loss": .null], width: 80) == "step 3  loss ")
    #expect(ProgressBar.bar(7) == "[" + String(repeating: "=", count: 24) + "]")
    #expect(ProgressBar.duration(7_260) == "2 h 1 min" && ProgressBar.duration(-1) == "0 s")
  }

  @Test("a run and its events on a line each")
  func runs() {
    let run: JSON = [
      "id": "run_1", "name": "first", "state": "failed", "state_reason": "diverged",
      "progress": ["step": 5, "total_steps": 9], "metrics": ["train_loss": 2.5],
      "created_at": "2026-11-27T21:00:00.123Z",
    ]
    #expect(
      RunLine.row(run) == [
        "run_1", "first", "failed (diverged)", "5/9", "2.5", "2026-11-27T21:00:00",
      ])
    #expect(RunLine.row([:]).count == RunLine.heads.count)
    let epoch: JSON = ["type": "epoch", "data": ["epoch": 2, "step": 8, "train_loss": 0.5]]
    #expect(RunLine.line(epoch) == "epoch 2  train_loss 0.5")
    let state: JSON = [
      "type": "state", "data": ["state": "succeeded", "state_reason": "completed"],
    ]
    #expect(RunLine.line(state) == "succeeded (completed)")
    #expect(RunLine.line(["type": "step", "data": [:]]) == nil)
  }

  @Test("where a server may be")
  func addresses() {
    #expect(ServerAddress("http://host:8080/")?.text == "http://host:8080")
    #expect(ServerAddress("https://host")?.text == "https://host")
    #expect(ServerAddress("unix:/run/a.sock")?.text == "unix:/run/a.sock")
    for text in ["", "host:8080", "unix:a.sock", "ftp://host", "http://", "http://host/?a=b"] {
      #expect(ServerAddress(text) == nil, "\(text)")
    }
  }

  @Test("a problem is told with each of its faults and their places")
  func problems() {
    let problem: JSON = [
      "title": "It is invalid", "detail": "two faults",
      "errors": [
        ["pointer": "/model/layers/0", "detail": "is wrong"],
        ["parameter": "limit", "detail": "is too large"],
        ["pointer": "", "detail": "is no object"],
      ],
    ]
    #expect(
      APIFailure(status: 422, body: problem.encoded()).description == """
        It is invalid (422)
          /model/layers/0: is wrong
          limit: is too large
          the document: is no object
        """)
    #expect(APIFailure(status: 502, body: Array("<html>".utf8)).description.contains("502"))
  }
}
