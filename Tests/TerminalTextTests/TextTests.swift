import JSON
import Testing

@testable import TerminalText

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
    let step: JSON = [
      "step": 50, "total_steps": 200, "loss": 0.123456789, "eta_seconds": 125,
      "examples_per_second": 812.4,
    ]
    #expect(
      ProgressBar.line(step, width: 200)
        == "[======                  ]  step 50/200  loss 0.123457  812 examples/s  2 min 5 s left")
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
    let finding: JSON = [
      "type": "finding",
      "data": [
        "severity": "warning", "rule": "dead_relu", "layer": "hidden",
        "advice": ["text": "lower it", "field": "/training/optimizer/learning_rate"],
      ],
    ]
    #expect(RunLine.line(finding) == "warning: dead_relu in hidden: lower it")
    #expect(RunLine.line(["type": "step", "data": [:]]) == nil)
  }

  @Test("a name that holds a terminal's commands is shown as text")
  func commands() {
    var table = Table(["NAME"])
    table.add(["\u{1B}[2Jgone\u{07}"])
    #expect(table.text() == "NAME\n\u{FFFD}[2Jgone\u{FFFD}\n")
    #expect("día 1".printable == "día 1")
  }

  @Test("a curve of letters goes from the least to the largest")
  func sparklines() {
    #expect(Sparkline.text([0, 1, 2, 3, 4, 5, 6, 7]) == "▁▂▃▄▅▆▇█")
    #expect(Sparkline.text([1, .nan, 9]) == "▁ █")
    #expect(Sparkline.text([2, 2]) == "▄▄")
    #expect(Sparkline.text([Double.nan]) == " ")
  }

  @Test("a panel shows the newest norms of each parameter, within the terminal's size")
  func panel() {
    var panel = RunPanel()
    #expect(panel.lines(width: 80, height: 24, isColoured: false).isEmpty)
    for step in 1...60 {
      panel.take([
        "step": .integer(step), "total_steps": 100, "loss": .number(1 / Double(step)),
        "gradient_norms": [
          "a.weight": .number(Double(step)), "b.weight": .number(1e-9), "c.weight": .null,
        ],
      ])
    }
    let lines = panel.lines(width: 80, height: 24, isColoured: false)
    #expect(lines.count == 5 && lines.allSatisfy { $0.count < 80 })
    #expect(lines[0].contains("step 60/100"))
    #expect(lines[2].hasPrefix("a.weight") && lines[2].hasSuffix("█  60"))
    #expect(lines[4].hasSuffix("not finite"))
    let coloured = panel.lines(width: 80, height: 24, isColoured: true)
    #expect(coloured[3].hasPrefix("\u{1B}[33m") && coloured[4].hasPrefix("\u{1B}[31m"))
    let short = panel.lines(width: 40, height: 3, isColoured: false)
    #expect(short.count == 3 && short[2] == "… and 3 more" && short.allSatisfy { $0.count < 40 })
  }
}
