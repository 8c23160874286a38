import CCairo

/// A picture under way: lines, rectangles and text, drawn by Cairo and written as SVG.
final class Canvas {
  private let surface: OpaquePointer
  private let context: OpaquePointer
  private let sink: Sink
  let width: Double
  let height: Double

  private final class Sink { var bytes: [UInt8] = [] }

  /// A shade from black to white, or a colour.
  struct Color: Hashable {
    let red: Double
    let green: Double
    let blue: Double

    static let ink = Color(red: 0.13, green: 0.13, blue: 0.13)
    static let pale = Color(red: 0.85, green: 0.85, blue: 0.85)

    /// As eyes weigh it: ITU-R BT.709.
    var luminance: Double { 0.2126 * red + 0.7152 * green + 0.0722 * blue }
  }

  enum Anchor { case start, middle, end }

  init(width: Double, height: Double) {
    self.width = width
    self.height = height
    let sink = Sink()
    self.sink = sink
    surface = cairo_svg_surface_create_for_stream(
      { closure, data, length in
        guard let closure, let data else { return CAIRO_STATUS_SUCCESS }
        Unmanaged<Sink>.fromOpaque(closure).takeUnretainedValue().bytes
          .append(contentsOf: UnsafeBufferPointer(start: data, count: Int(length)))
        return CAIRO_STATUS_SUCCESS
      }, Unmanaged.passUnretained(sink).toOpaque(), width, height)
    context = cairo_create(surface)
    cairo_select_font_face(
      context, "sans-serif", CAIRO_FONT_SLANT_NORMAL, CAIRO_FONT_WEIGHT_NORMAL)
    cairo_set_source_rgb(context, 1, 1, 1)
    cairo_paint(context)
  }

  deinit {
    cairo_destroy(context)
    cairo_surface_destroy(surface)
  }

  func line(
    _ points: [(x: Double, y: Double)], _ color: Color, width: Double = 1, dashes: [Double] = []
  ) {
    guard let first = points.first else { return }
    set(color)
    cairo_set_line_width(context, width)
    cairo_set_dash(context, dashes, Int32(dashes.count), 0)
    cairo_move_to(context, first.x, first.y)
    for point in points.dropFirst() { cairo_line_to(context, point.x, point.y) }
    cairo_stroke(context)
  }

  func fill(_ points: [(x: Double, y: Double)], _ color: Color) {
    guard let first = points.first else { return }
    set(color)
    cairo_move_to(context, first.x, first.y)
    for point in points.dropFirst() { cairo_line_to(context, point.x, point.y) }
    cairo_close_path(context)
    cairo_fill(context)
  }

  func rectangle(x: Double, y: Double, width: Double, height: Double, _ color: Color) {
    set(color)
    cairo_rectangle(context, x, y, width, height)
    cairo_fill(context)
  }

  func text(
    _ text: String, x: Double, y: Double, size: Double = 11, anchor: Anchor = .start,
    turned: Bool = false, _ color: Color = .ink
  ) {
    set(color)
    cairo_set_font_size(context, size)
    let length = measure(text, size: size)
    let shift = anchor == .start ? 0 : anchor == .middle ? length / 2 : length
    cairo_save(context)
    cairo_translate(context, x, y)
    if turned { cairo_rotate(context, -.pi / 2) }
    cairo_move_to(context, -shift, 0)
    cairo_show_text(context, text)
    cairo_restore(context)
  }

  /// How long a text is.
  func measure(_ text: String, size: Double = 11) -> Double {
    cairo_set_font_size(context, size)
    var extents = cairo_text_extents_t()
    cairo_text_extents(context, text, &extents)
    return extents.x_advance
  }

  /// The whole as SVG, with words for those who can't see it.
  ///
  /// - Parameters:
  ///   - title: one line.
  ///   - description: what the picture shows, with its figures.
  func svg(title: String, description: String) -> [UInt8] {
    cairo_surface_finish(surface)
    let words =
      "<title>\(Canvas.escaped(title))</title><desc>\(Canvas.escaped(description))</desc>"
    guard let opening = sink.bytes.firstRange(of: Array("<svg".utf8)),
      let end = sink.bytes[opening.lowerBound...].firstIndex(of: UInt8(ascii: ">"))
    else { return sink.bytes }
    var bytes = sink.bytes
    bytes.insert(contentsOf: words.utf8, at: end + 1)
    return bytes
  }

  private func set(_ color: Color) {
    cairo_set_source_rgb(context, color.red, color.green, color.blue)
  }

  private static func escaped(_ text: String) -> String {
    text.unicodeScalars.map { scalar in
      switch scalar {
      case "&": "&amp;"
      case "<": "&lt;"
      case ">": "&gt;"
      // XML 1.0 has no control characters.
      case "\u{0}"..<"\u{20}", "\u{FFFE}", "\u{FFFF}": " "
      default: String(scalar)
      }
    }.joined()
  }
}
