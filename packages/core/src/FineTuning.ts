/**
 * Fine-tuning: models that are trained on examples.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"
import * as Endpoint from "./Endpoint.js"
import { described } from "./internal/described.js"
import * as Field from "./internal/field.js"
import { modelId } from "./internal/modelId.js"
import { FineTuningJobId } from "./internal/parameters.js"
import * as Pagination from "./Pagination.js"
import * as Resource from "./Resource.js"
import * as Struct from "./Struct.js"
import * as Tolerant from "./Tolerant.js"

// -----------------------------------------------------------------------------
// methods
// -----------------------------------------------------------------------------

/**
 * The ID of a model that can be fine-tuned: a documented one, or any other string.
 *
 * @since 0.1.0
 * @category models
 */
export const ModelId = modelId("babbage-002", "davinci-002", "gpt-3.5-turbo", "gpt-4o-mini")

export type ModelId = Schema.Schema.Type<typeof ModelId>

const autoOr = (schema: Schema.Schema<number>, description: string) =>
  Schema.optional(
    Schema.Union(Schema.Literal("auto"), schema).pipe(described(description, { default: "auto" }))
  )

const multiplier = autoOr(
  Schema.Number.pipe(Schema.greaterThan(0)),
  "The factor of the learning rate, above 0. A smaller one can reduce overfitting."
)

const hyperparameters = {
  batch_size: autoOr(
    Field.Integer.pipe(Schema.between(1, 256)),
    "The number of examples in a batch, from 1 to 256. Larger batches update the model less often, with less variance."
  ),
  learning_rate_multiplier: multiplier,
  n_epochs: autoOr(
    Field.Integer.pipe(Schema.between(1, 50)),
    "The number of epochs, from 1 to 50. An epoch uses each example once."
  )
}

const dpoHyperparameters = {
  beta: autoOr(
    Schema.Number.pipe(Schema.greaterThan(0), Schema.lessThanOrEqualTo(2)),
    "The weight of the penalty between the policy and the reference model, above 0 and at most 2."
  ),
  ...hyperparameters
}

const hyperparametersText = described("The hyperparameters of the job.")

/**
 * @since 0.1.0
 * @category models
 */
export const SupervisedMethod = Struct.make({
  hyperparameters: Schema.optional(Struct.make(hyperparameters).pipe(hyperparametersText))
}).annotations({ identifier: "FineTuneSupervisedMethod", description: "The options of supervised fine-tuning." })

export interface SupervisedMethod extends Schema.Schema.Type<typeof SupervisedMethod> {}

/**
 * @since 0.1.0
 * @category models
 */
export const DpoMethod = Struct.make({
  hyperparameters: Schema.optional(Struct.make(dpoHyperparameters).pipe(hyperparametersText))
}).annotations({
  identifier: "FineTuneDPOMethod",
  description: "The options of fine-tuning with preferences (direct preference optimization)."
})

export interface DpoMethod extends Schema.Schema.Type<typeof DpoMethod> {}

const methodType = Schema.optional(
  Schema.Literal("supervised", "dpo").pipe(described("The type of the method."))
)

/**
 * @since 0.1.0
 * @category models
 */
export const Method = Struct.make({
  type: methodType,
  supervised: Schema.optional(SupervisedMethod),
  dpo: Schema.optional(DpoMethod)
}).annotations({ identifier: "FineTuneMethod", description: "The method of a job and its options." })

export interface Method extends Schema.Schema.Type<typeof Method> {}

const ResponseMethod = Tolerant.documentedAs(
  Tolerant.struct({}, {
    type: methodType,
    supervised: Schema.optional(Tolerant.struct({}, {
      hyperparameters: Schema.optional(Tolerant.struct({}, hyperparameters))
    })),
    dpo: Schema.optional(Tolerant.struct({}, {
      hyperparameters: Schema.optional(Tolerant.struct({}, dpoHyperparameters))
    }))
  }),
  Method
)

// -----------------------------------------------------------------------------
// integrations
// -----------------------------------------------------------------------------

const wandb = {
  project: Field.string("The project that receives the metrics."),
  name: Schema.optional(Field.nullableString("The name of the run. Default: the ID of the job.")),
  entity: Schema.optional(
    Field.nullableString("The team or user of the run. Default: that of the Weights & Biases key.")
  ),
  tags: Schema.optional(Schema.Array(Schema.String).pipe(described("Tags of the run.")))
}

const wandbText = described("The options of Weights & Biases, which receives the metrics of the job.")

/**
 * @since 0.1.0
 * @category models
 */
export const IntegrationRequest = Struct.make({
  type: Field.kind("integration", "wandb"),
  wandb: Struct.make(wandb).pipe(wandbText)
})

export interface IntegrationRequest extends Schema.Schema.Type<typeof IntegrationRequest> {}

/**
 * @since 0.1.0
 * @category models
 */
export const Integration = Tolerant.struct({
  type: Field.kind("integration", "wandb")
}, {
  wandb: Tolerant.struct({}, wandb).pipe(wandbText)
}).annotations({
  identifier: "FineTuningIntegration",
  title: "Fine-Tuning Job Integration",
  description: "A service that receives the metrics of a job."
})

export interface Integration extends Schema.Schema.Type<typeof Integration> {}

// -----------------------------------------------------------------------------
// jobs
// -----------------------------------------------------------------------------

/**
 * @since 0.1.0
 * @category models
 */
export const FineTuningJob = Tolerant.struct({
  id: Field.string("The job's ID.")
}, {
  object: Field.objectType("fine_tuning.job"),
  created_at: Field.timestamp("the job was created"),
  error: Schema.NullOr(Tolerant.struct({}, {
    code: Schema.optional(Field.string("The code of the error.")),
    message: Schema.optional(Field.string("A description of the error.")),
    param: Schema.optional(Field.nullableString("The field that caused the error; null if none did."))
  })).pipe(described("Why the job failed; null or empty otherwise.")),
  fine_tuned_model: Field.nullableString("The ID of the new model; null until the job has succeeded."),
  finished_at: Field.nullableTimestamp("the job ended", "null until then"),
  hyperparameters: Schema.optional(
    Tolerant.struct({}, hyperparameters).pipe(described("The hyperparameters of the job. Only for supervised jobs."))
  ),
  model: Field.string("The ID of the base model."),
  organization_id: Field.string("The ID of the organization that owns the job."),
  result_files: Schema.Array(Schema.String).pipe(described("The IDs of the files with the metrics of each step.")),
  status: Schema.Literal("validating_files", "queued", "running", "succeeded", "failed", "cancelled").pipe(
    described("The status of the job.")
  ),
  trained_tokens: Schema.NullOr(Field.Integer).pipe(
    described("The number of tokens that are billed; null until the job has succeeded.")
  ),
  training_file: Field.string("The ID of the training file."),
  validation_file: Field.nullableString("The ID of the validation file; null without one."),
  integrations: Schema.optional(
    Schema.NullOr(Schema.Array(Tolerant.union("type", Integration)).pipe(Schema.maxItems(5))).pipe(
      described("The services that receive the metrics of the job, at most 5.")
    )
  ),
  seed: Field.integer("The seed of the job."),
  estimated_finish: Schema.optional(
    Field.nullableTimestamp("the job will probably end", "null if it is not running")
  ),
  method: Schema.optional(ResponseMethod)
}).annotations({
  identifier: "FineTuningJob",
  title: "FineTuningJob",
  description: "The training of a model on the examples of a file."
})

export interface FineTuningJob extends Schema.Schema.Type<typeof FineTuningJob> {}

/**
 * A job with the same `seed` and the same options has the same result in most cases.
 *
 * @since 0.1.0
 * @category models
 */
export const CreateFineTuningJobRequest = Struct.make({
  model: ModelId.pipe(described("The ID of the base model.")),
  training_file: Field.string(
    "The ID of a `.jsonl` file with the purpose `fine-tune`: an example on each line, in the format of the method."
  ),
  hyperparameters: Schema.optional(
    Struct.make(hyperparameters).pipe(
      described("Deprecated: use `method`. The hyperparameters of the job.", { deprecated: true })
    )
  ),
  suffix: Schema.optional(
    Schema.NullOr(Schema.String.pipe(Schema.minLength(1), Schema.maxLength(64))).pipe(
      described("A part of the new model's ID, 1 to 64 characters.", { default: null })
    )
  ),
  validation_file: Schema.optional(
    Field.nullableString(
      "The ID of a file with examples that measure the progress. It has the format of the training file."
    )
  ),
  integrations: Schema.optional(
    Schema.NullOr(Schema.Array(IntegrationRequest).pipe(Schema.maxItems(5))).pipe(
      described("The services that receive the metrics of the job, at most 5.")
    )
  ),
  seed: Schema.optional(
    Schema.NullOr(Field.Integer.pipe(Schema.between(0, 2_147_483_647))).pipe(
      described("The seed of the job, from 0 to 2147483647. Default: the server chooses one.")
    )
  ),
  method: Schema.optional(Method)
}).annotations({ identifier: "CreateFineTuningJobRequest", description: "Request to create a fine-tuning job." })

export interface CreateFineTuningJobRequest extends Schema.Schema.Type<typeof CreateFineTuningJobRequest> {}

// -----------------------------------------------------------------------------
// events and checkpoints
// -----------------------------------------------------------------------------

/**
 * @since 0.1.0
 * @category models
 */
export const FineTuningJobEvent = Tolerant.struct({
  id: Field.string("The event's ID.")
}, {
  object: Field.objectType("fine_tuning.job.event"),
  created_at: Field.timestamp("the event occurred"),
  level: Schema.Literal("info", "warn", "error").pipe(described("The level of the event.")),
  message: Field.string("A description of the event."),
  type: Schema.optional(Schema.Literal("message", "metrics").pipe(described("The type of the event."))),
  data: Schema.optional(
    Field.JsonSchema.pipe(described("The metrics of a step for an event of the type `metrics`; empty otherwise."))
  )
}).annotations({ identifier: "FineTuningJobEvent", description: "An event of a fine-tuning job." })

export interface FineTuningJobEvent extends Schema.Schema.Type<typeof FineTuningJobEvent> {}

const metric = (description: string) => Schema.optional(Schema.Number.pipe(described(description)))

/**
 * @since 0.1.0
 * @category models
 */
export const FineTuningJobCheckpoint = Tolerant.struct({
  id: Field.string("The checkpoint's ID.")
}, {
  object: Field.objectType("fine_tuning.job.checkpoint"),
  created_at: Field.timestamp("the checkpoint was created"),
  fine_tuned_model_checkpoint: Field.string("The ID of the model at this checkpoint."),
  step_number: Field.integer("The step after which the checkpoint was created."),
  metrics: Tolerant.struct({}, {
    step: metric("The step."),
    train_loss: metric("The loss on the batch of the step."),
    train_mean_token_accuracy: metric("The mean token accuracy on the batch of the step."),
    valid_loss: metric("The loss on a batch of the validation file."),
    valid_mean_token_accuracy: metric("The mean token accuracy on a batch of the validation file."),
    full_valid_loss: metric("The loss on the entire validation file."),
    full_valid_mean_token_accuracy: metric("The mean token accuracy on the entire validation file.")
  }).pipe(described("The metrics at the step.")),
  fine_tuning_job_id: Field.string("The ID of the checkpoint's job.")
}).annotations({
  identifier: "FineTuningJobCheckpoint",
  title: "FineTuningJobCheckpoint",
  description: "A model at a step of its training. It can be used like the final model."
})

export interface FineTuningJobCheckpoint extends Schema.Schema.Type<typeof FineTuningJobCheckpoint> {}

// -----------------------------------------------------------------------------
// lists
// -----------------------------------------------------------------------------

const listQuery = (limit: number) =>
  Struct.make({
    limit: Schema.optional(
      Field.Integer.pipe(
        Schema.greaterThanOrEqualTo(1),
        described("The maximum number of objects on a page, at least 1.", { default: limit })
      )
    ),
    after: Schema.optional(Pagination.After)
  })

/**
 * The query of the lists of jobs and events. Default limit: 20.
 *
 * @since 0.1.0
 * @category models
 */
export const ListQuery = listQuery(20)

export interface ListQuery extends Schema.Schema.Type<typeof ListQuery> {}

/**
 * The query of the list of checkpoints. Default limit: 10.
 *
 * @since 0.1.0
 * @category models
 */
export const ListCheckpointsQuery = listQuery(10)

export interface ListCheckpointsQuery extends Schema.Schema.Type<typeof ListCheckpointsQuery> {}

const page = {
  object: Field.objectType("list"),
  has_more: Field.boolean("Whether there is a next page.")
}

/**
 * @since 0.1.0
 * @category models
 */
export const ListFineTuningJobsResponse = Tolerant.struct({
  data: Pagination.items(FineTuningJob).pipe(described("The jobs of this page."))
}, page).annotations({
  identifier: "ListPaginatedFineTuningJobsResponse",
  description: "A page of fine-tuning jobs."
})

export interface ListFineTuningJobsResponse extends Schema.Schema.Type<typeof ListFineTuningJobsResponse> {}

/**
 * @since 0.1.0
 * @category models
 */
export const ListFineTuningJobEventsResponse = Tolerant.struct({
  data: Pagination.items(FineTuningJobEvent).pipe(described("The events of this page, newest first."))
}, page).annotations({
  identifier: "ListFineTuningJobEventsResponse",
  description: "A page of the events of a fine-tuning job."
})

export interface ListFineTuningJobEventsResponse extends Schema.Schema.Type<typeof ListFineTuningJobEventsResponse> {}

/**
 * @since 0.1.0
 * @category models
 */
export const ListFineTuningJobCheckpointsResponse = Tolerant.struct({
  data: Pagination.items(FineTuningJobCheckpoint).pipe(described("The checkpoints of this page, newest first."))
}, {
  ...page,
  first_id: Schema.optional(Field.nullableString("The ID of the first checkpoint; null on an empty page.")),
  last_id: Schema.optional(Field.nullableString("The ID of the last checkpoint; null on an empty page."))
}).annotations({
  identifier: "ListFineTuningJobCheckpointsResponse",
  description: "A page of the checkpoints of a fine-tuning job."
})

export interface ListFineTuningJobCheckpointsResponse
  extends Schema.Schema.Type<typeof ListFineTuningJobCheckpointsResponse>
{}

// -----------------------------------------------------------------------------
// operations
// -----------------------------------------------------------------------------

/**
 * @since 0.1.0
 * @category operations
 */
export const create = Endpoint.make({
  name: "createFineTuningJob",
  summary: "Create fine-tuning job",
  description: "Creates a job that trains a new model on the examples of a file.",
  method: "POST",
  path: "/fine_tuning/jobs",
  body: Endpoint.json(CreateFineTuningJobRequest),
  success: Endpoint.json(FineTuningJob)
})

/**
 * @since 0.1.0
 * @category operations
 */
export const list = Endpoint.make({
  name: "listPaginatedFineTuningJobs",
  summary: "List fine-tuning jobs",
  description: "Returns a page of the organization's fine-tuning jobs, newest first.",
  method: "GET",
  path: "/fine_tuning/jobs",
  query: ListQuery,
  success: Endpoint.json(ListFineTuningJobsResponse),
  pagination: Endpoint.cursor({ hasLastId: false })
})

/**
 * @since 0.1.0
 * @category operations
 */
export const retrieve = Endpoint.make({
  name: "retrieveFineTuningJob",
  summary: "Retrieve fine-tuning job",
  description: "Returns a fine-tuning job.",
  method: "GET",
  path: "/fine_tuning/jobs/{fine_tuning_job_id}",
  parameters: { fine_tuning_job_id: FineTuningJobId },
  success: Endpoint.json(FineTuningJob)
})

/**
 * @since 0.1.0
 * @category operations
 */
export const cancel = Endpoint.make({
  name: "cancelFineTuningJob",
  summary: "Cancel fine-tuning job",
  description: "Cancels a fine-tuning job immediately.",
  method: "POST",
  path: "/fine_tuning/jobs/{fine_tuning_job_id}/cancel",
  parameters: { fine_tuning_job_id: FineTuningJobId },
  success: Endpoint.json(FineTuningJob),
  replayable: true
})

/**
 * @since 0.1.0
 * @category operations
 */
export const events = Endpoint.make({
  name: "listFineTuningEvents",
  summary: "List fine-tuning events",
  description: "Returns a page of the events of a fine-tuning job, newest first.",
  method: "GET",
  path: "/fine_tuning/jobs/{fine_tuning_job_id}/events",
  parameters: { fine_tuning_job_id: FineTuningJobId },
  query: ListQuery,
  success: Endpoint.json(ListFineTuningJobEventsResponse),
  pagination: Endpoint.cursor({ hasLastId: false })
})

/**
 * @since 0.1.0
 * @category operations
 */
export const checkpoints = Endpoint.make({
  name: "listFineTuningJobCheckpoints",
  summary: "List fine-tuning checkpoints",
  description: "Returns a page of the checkpoints of a fine-tuning job, newest first.",
  method: "GET",
  path: "/fine_tuning/jobs/{fine_tuning_job_id}/checkpoints",
  parameters: { fine_tuning_job_id: FineTuningJobId },
  query: ListCheckpointsQuery,
  success: Endpoint.json(ListFineTuningJobCheckpointsResponse),
  pagination: Endpoint.cursor()
})

/**
 * @since 0.1.0
 * @category resource
 */
export const resource = Resource.make({
  name: "FineTuning",
  title: "Fine-tuning",
  description: "Models that are trained on examples.",
  operations: { create, list, retrieve, cancel, events, checkpoints }
})
