extension Primitive { func lower(_ context: inout Lowering) {} }
