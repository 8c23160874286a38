import CVectorMath

/// The loops over a parameter's elements, each for float32 and float64.
public struct UpdatePass: Sendable {
  typealias Function =
    @convention(c) (
      UnsafePointer<vm_update>?, Int, Int, Int, UnsafeMutablePointer<vm_gradient_statistics>?
    ) -> Void

  let name: String
  let single: Function
  let double: Function
  /// Floating-point operations an element.
  let flops: Int
  /// Of parameter and gradient, how often one is read or written.
  let arrays: Int

  private init(
    _ name: String, _ single: @escaping Function, _ double: @escaping Function, flops: Int,
    arrays: Int
  ) {
    self.name = name
    self.single = single
    self.double = double
    self.flops = flops
    self.arrays = arrays
  }
}

extension UpdatePass {
  public static let sgd = UpdatePass(
    "sgd", vm_sgd_pass_f32, vm_sgd_pass_f64, flops: 8, arrays: 3)
  public static let lion = UpdatePass(
    "lion", vm_lion_pass_f32, vm_lion_pass_f64, flops: 8, arrays: 3)
  public static let sophia = UpdatePass(
    "sophia", vm_sophia_pass_f32, vm_sophia_pass_f64, flops: 10, arrays: 3)
  public static let sophiaEstimate = UpdatePass(
    "sophia_estimate", vm_sophia_estimate_pass_f32, vm_sophia_estimate_pass_f64, flops: 4,
    arrays: 0)
  public static let hold = UpdatePass(
    "hold", vm_hold_pass_f32, vm_hold_pass_f64, flops: 4, arrays: 2)
  public static let adam = UpdatePass(
    "adam", vm_adam_pass_f32, vm_adam_pass_f64, flops: 16, arrays: 3)
  public static let nadam = UpdatePass(
    "nadam", vm_nadam_pass_f32, vm_nadam_pass_f64, flops: 20, arrays: 3)
  public static let radam = UpdatePass(
    "radam", vm_radam_pass_f32, vm_radam_pass_f64, flops: 18, arrays: 3)
  public static let adamax = UpdatePass(
    "adamax", vm_adamax_pass_f32, vm_adamax_pass_f64, flops: 14, arrays: 3)
  public static let rmsprop = UpdatePass(
    "rmsprop", vm_rmsprop_pass_f32, vm_rmsprop_pass_f64, flops: 14, arrays: 3)
  public static let adagrad = UpdatePass(
    "adagrad", vm_adagrad_pass_f32, vm_adagrad_pass_f64, flops: 10, arrays: 3)
  public static let adadelta = UpdatePass(
    "adadelta", vm_adadelta_pass_f32, vm_adadelta_pass_f64, flops: 16, arrays: 3)
  public static let larsNorms = UpdatePass(
    "lars_norms", vm_lars_norms_pass_f32, vm_lars_norms_pass_f64, flops: 6, arrays: 2)
  public static let lars = UpdatePass(
    "lars", vm_lars_pass_f32, vm_lars_pass_f64, flops: 8, arrays: 3)
  public static let lambNorms = UpdatePass(
    "lamb_norms", vm_lamb_norms_pass_f32, vm_lamb_norms_pass_f64, flops: 18, arrays: 2)
  public static let lamb = UpdatePass(
    "lamb", vm_lamb_pass_f32, vm_lamb_pass_f64, flops: 10, arrays: 2)
  public static let adafactorNorms = UpdatePass(
    "adafactor_norms", vm_adafactor_norms_pass_f32, vm_adafactor_norms_pass_f64, flops: 12,
    arrays: 2)
  public static let adafactor = UpdatePass(
    "adafactor", vm_adafactor_pass_f32, vm_adafactor_pass_f64, flops: 8, arrays: 3)
  public static let muonMomentum = UpdatePass(
    "muon_momentum", vm_muon_momentum_pass_f32, vm_muon_momentum_pass_f64, flops: 10, arrays: 1)
  public static let muonScale = UpdatePass(
    "muon_scale", vm_muon_scale_pass_f32, vm_muon_scale_pass_f64, flops: 1, arrays: 0)
  public static let muon = UpdatePass(
    "muon", vm_muon_pass_f32, vm_muon_pass_f64, flops: 4, arrays: 2)
  public static let lookahead = UpdatePass(
    "lookahead", vm_lookahead_pass_f32, vm_lookahead_pass_f64, flops: 3, arrays: 2)
  public static let samNorms = UpdatePass(
    "sam_norms", vm_sam_norms_pass_f32, vm_sam_norms_pass_f64, flops: 3, arrays: 1)
  public static let samClimb = UpdatePass(
    "sam_climb", vm_sam_climb_pass_f32, vm_sam_climb_pass_f64, flops: 3, arrays: 3)
  public static let average = UpdatePass(
    "average", vm_average_pass_f32, vm_average_pass_f64, flops: 3, arrays: 1)
  public static let bounded = UpdatePass(
    "bounded", vm_bounded_pass_f32, vm_bounded_pass_f64, flops: 4, arrays: 1)
  public static let exchange = UpdatePass(
    "exchange", vm_exchange_pass_f32, vm_exchange_pass_f64, flops: 0, arrays: 2)
}
