/// A run as it is stored.
public struct RunRecord: Hashable, Sendable {
  public let id: RunID
  public var name: String?
  public var state: RunState
  public var stateReason: StateReason?
  /// How often a lane has taken it; fences a worker's writes.
  public var attempt: Int
  public var priority: Int
  public var model: ModelID?
  public var datasets: Datasets
  /// What is carried out, as JSON: the request with the model inline.
  public var request: String
  /// What was known of the training data when the run was queued, as JSON.
  public var data: String
  /// As a JSON object of strings.
  public var tags: String
  public var progress: Progress
  /// The newest value of each series, as a JSON object.
  public var metrics: String
  /// The best checkpoint's metric and step, as a JSON object.
  public var best: String?
  /// Why it failed, as a problem in JSON.
  public var error: String?
  /// What a client asked of it while it ran, until that is done.
  public var wish: RunWish?
  /// The order of submission.
  public var number: Int
  /// What the queue knows of it.
  public var waiting: Waiting
  /// What was changed when it was resumed, as a JSON array.
  public var amendments: String
  /// Which parameters began as those of a file or of another run, as JSON.
  public var transfer: String?
  /// What its bits depend on beside its request, as JSON; `nil` before it began.
  public var environment: String?
  public var project: String
  /// That queued it; `nil` where no key was asked for.
  public var key: KeyID?
  /// Milliseconds since 1970, as all times.
  public var createdAt: Int
  public var startedAt: Int?
  public var finishedAt: Int?

  public struct Datasets: Hashable, Sendable {
    public var train: DatasetID
    public var validation: DatasetID?
    public var test: DatasetID?

    public init(train: DatasetID, validation: DatasetID? = nil, test: DatasetID? = nil) {
      self.train = train
      self.validation = validation
      self.test = test
    }

    /// Each with its role.
    var roles: [(String, DatasetID)] {
      [("train", train as DatasetID?), ("validation", validation), ("test", test)]
        .compactMap { role, id in id.map { (role, $0) } }
    }
  }

  /// When and for what it waits, and what went wrong before.
  public struct Waiting: Hashable, Sendable {
    /// Milliseconds since 1970; a run that comes back to the queue waits anew.
    public var since: Int
    /// Milliseconds since 1970.
    public var notBefore: Int
    /// Attempts in a row that ended by a fault that may pass.
    public var retries: Int
    /// Deaths of the process that were this run's doing.
    public var deaths: Int
    /// What it holds while it trains and what it waits for, as JSON.
    public var needs: String
  }

  /// How far it has come.
  public struct Progress: Hashable, Sendable {
    public var epoch = 0
    public var step = 0
    public var totalSteps: Int?
    public var examplesPerSecond: Double?
    public var elapsedSeconds = 0.0
    public var etaSeconds: Double?
    /// Decades a layer by which gradients shrink towards the input.
    public var vanishingIndex: Double?

    public init() {}
  }
}

/// A run that is about to be stored.
public struct NewRun: Sendable {
  public var name: String?
  public var priority: Int
  public var model: ModelID?
  public var datasets: RunRecord.Datasets
  public var request: String
  public var data: String
  public var tags: String
  /// What it holds while it trains and what it waits for, as JSON.
  public var needs: String
  /// A weights file with what the run begins with in place of what its initializers draw.
  public var givenWeights: [UInt8]?
  /// Which parameters those are, as JSON.
  public var transfer: String?
  /// What is known of its environment before it begins, as JSON.
  public var environment: String?

  public init(
    name: String?, priority: Int, model: ModelID?, datasets: RunRecord.Datasets, request: String,
    data: String = "{}", tags: String, needs: String = "{}", givenWeights: [UInt8]? = nil,
    transfer: String? = nil, environment: String? = nil
  ) {
    self.name = name
    self.priority = priority
    self.model = model
    self.datasets = datasets
    self.request = request
    self.data = data
    self.tags = tags
    self.needs = needs
    self.givenWeights = givenWeights
    self.transfer = transfer
    self.environment = environment
  }
}
