/// Every operation of the API, in the order of the documentation.
///
/// The router and `openapi.yaml` are both made from this list.
enum EndpointTable {
  static let all: [Endpoint] =
    DatasetEndpoints.all + SplitEndpoints.all + UploadEndpoints.all + WeightsFileEndpoints.all
    + ModelEndpoints.all
    + GradientCheckEndpoints.all + RunEndpoints.all + RunModelEndpoints.all + SweepEndpoints.all
    + SeriesEndpoints.all + ParameterEndpoints.all + TensorBoardEndpoints.all
    + HistogramEndpoints.all + ActivationEndpoints.all + DiagnosisEndpoints.all
    + AutopsyEndpoints.all
    + ClippingEndpoints.all + RangeTestEndpoints.all + WeightsEndpoints.all + ArchiveEndpoints.all
    + EventEndpoints.all
    + EvaluationEndpoints.all + InferenceEndpoints.all + WebhookEndpoints.all + CatalogEndpoints.all
    + KeyEndpoints.all
    + AuditEndpoints.all
    + BackupEndpoints.all + DocumentationEndpoints.all
    + ServiceEndpoints.all + PageEndpoints.all
}
