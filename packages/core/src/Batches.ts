/**
 * Batches: files of requests that the API runs within 24 hours.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"
import * as Endpoint from "./Endpoint.js"
import { described } from "./internal/described.js"
import * as Field from "./internal/field.js"
import { Metadata } from "./internal/metadata.js"
import { BatchId } from "./internal/parameters.js"
import * as Pagination from "./Pagination.js"
import * as Resource from "./Resource.js"
import * as Struct from "./Struct.js"
import * as Tolerant from "./Tolerant.js"

// -----------------------------------------------------------------------------
// limits
// -----------------------------------------------------------------------------

/**
 * The maximum number of requests in a batch, and of inputs in all requests of a batch of embeddings.
 *
 * @since 0.1.0
 * @category limits
 */
export const maxRequests = 50_000

/**
 * The maximum size of a batch's input file in bytes: 200 MB.
 *
 * @since 0.1.0
 * @category limits
 */
export const maxInputBytes = 200 * 1024 ** 2

// -----------------------------------------------------------------------------
// models
// -----------------------------------------------------------------------------

/**
 * The operations that a batch can run.
 *
 * @since 0.1.0
 * @category models
 */
export const BatchEndpoint = Schema.Literal("/v1/chat/completions", "/v1/embeddings", "/v1/completions")

export type BatchEndpoint = typeof BatchEndpoint.Type

const optionalTimestamp = (event: string) => Schema.optional(Field.nullableTimestamp(event))

const optionalId = (description: string) => Schema.optional(Field.nullableString(description))

const metadata = Schema.optional(Metadata)

/**
 * An error of a batch's input file.
 *
 * @since 0.1.0
 * @category models
 */
export const BatchError = Tolerant.struct({}, {
  code: Schema.optional(Field.string("The code of the error.")),
  message: Schema.optional(Field.string("A description of the error.")),
  param: Schema.optional(Field.nullableString("The field that caused the error; null if none did.")),
  line: Schema.optional(
    Schema.NullOr(Field.Integer).pipe(
      described("The line of the input file, from 1; null if the error is not of one line.")
    )
  )
})

export interface BatchError extends Schema.Schema.Type<typeof BatchError> {}

/**
 * @since 0.1.0
 * @category models
 */
export const Batch = Tolerant.struct({
  id: Field.string("The batch's ID.")
}, {
  object: Field.objectType("batch"),
  endpoint: Field.string("The path of the operation that the batch runs, with the version."),
  errors: Schema.optional(
    Schema.NullOr(Tolerant.struct({}, {
      object: Schema.optional(Field.string("The object type, always `list`.")),
      data: Schema.optional(Schema.Array(BatchError).pipe(described("The errors, in the order of the lines.")))
    })).pipe(described("The errors of the input file; null without any."))
  ),
  input_file_id: Field.string("The ID of the input file."),
  completion_window: Field.string("The time within which the batch runs."),
  status: Schema.Literal(
    "validating",
    "failed",
    "in_progress",
    "finalizing",
    "completed",
    "expired",
    "cancelling",
    "cancelled"
  ).pipe(described("The status of the batch.")),
  output_file_id: optionalId("The ID of the file with the responses of requests that succeeded; null without any."),
  error_file_id: optionalId("The ID of the file with the responses of requests that failed; null without any."),
  created_at: Field.timestamp("the batch was created"),
  in_progress_at: optionalTimestamp("the batch started"),
  expires_at: optionalTimestamp("the batch expires"),
  finalizing_at: optionalTimestamp("the batch started to write its files"),
  completed_at: optionalTimestamp("the batch was completed"),
  failed_at: optionalTimestamp("the batch failed"),
  expired_at: optionalTimestamp("the batch expired"),
  cancelling_at: optionalTimestamp("the cancellation of the batch was requested"),
  cancelled_at: optionalTimestamp("the batch was cancelled"),
  request_counts: Schema.optional(
    Tolerant.struct({}, {
      total: Field.integer("The number of requests."),
      completed: Field.integer("The number of requests that succeeded."),
      failed: Field.integer("The number of requests that failed.")
    }).pipe(described("The numbers of requests; 0 until the input file is validated."))
  ),
  metadata
}).annotations({
  identifier: "Batch",
  title: "Batch",
  description: "A file of requests that the API runs within 24 hours."
})

export interface Batch extends Schema.Schema.Type<typeof Batch> {}

/**
 * @since 0.1.0
 * @category models
 */
export const CreateBatchRequest = Struct.make({
  input_file_id: Field.string(
    "The ID of a file with the purpose `batch`: a request on each line, at most 50,000 requests and 200 MB."
  ),
  endpoint: BatchEndpoint.pipe(
    described(
      "The path of the operation that all requests call, with the version. A batch of embeddings has at most 50,000 inputs."
    )
  ),
  completion_window: Schema.Literal("24h").pipe(described("The time within which the batch runs, always `24h`.")),
  metadata
}).annotations({ identifier: "CreateBatchRequest", description: "Request to create a batch." })

export interface CreateBatchRequest extends Schema.Schema.Type<typeof CreateBatchRequest> {}

/**
 * @since 0.1.0
 * @category models
 */
export const ListBatchesQuery = Struct.make({
  limit: Schema.optional(Pagination.limit({ maximum: 100, default: 20 })),
  after: Schema.optional(Pagination.After)
})

export interface ListBatchesQuery extends Schema.Schema.Type<typeof ListBatchesQuery> {}

/**
 * @since 0.1.0
 * @category models
 */
export const ListBatchesResponse = Tolerant.struct({
  data: Pagination.items(Batch).pipe(described("The batches of this page."))
}, {
  object: Field.objectType("list"),
  first_id: optionalId("The ID of the first batch; null on an empty page."),
  last_id: optionalId("The ID of the last batch; null on an empty page."),
  has_more: Field.boolean("Whether there is a next page.")
}).annotations({ identifier: "ListBatchesResponse", description: "A page of batches." })

export interface ListBatchesResponse extends Schema.Schema.Type<typeof ListBatchesResponse> {}

// -----------------------------------------------------------------------------
// lines
// -----------------------------------------------------------------------------

const CustomId = Field.string(
  "The caller's ID of the request. It is unique in its batch, and matches responses to requests."
)

/**
 * A line of an input file.
 *
 * @since 0.1.0
 * @category models
 */
export const BatchRequestInput = Struct.make({
  custom_id: CustomId,
  method: Schema.Literal("POST").pipe(described("The method, always `POST`.")),
  url: BatchEndpoint.pipe(described("The path of the operation, which is the endpoint of the batch.")),
  body: Schema.Record({ key: Schema.String, value: Schema.Unknown }).pipe(described("The body of the request."))
}).annotations({ identifier: "BatchRequestInput", description: "A line of a batch's input file." })

export interface BatchRequestInput extends Schema.Schema.Type<typeof BatchRequestInput> {}

/**
 * A line of an output file or an error file. A request that the operation refused has a `response` whose status is not 2xx,
 * and no `error`. A request that did not run has an `error`, and no `response`.
 *
 * @since 0.1.0
 * @category models
 */
export const BatchRequestOutput = Tolerant.struct({
  custom_id: CustomId
}, {
  id: Field.string("The ID of the line."),
  response: Schema.NullOr(Tolerant.struct({}, {
    status_code: Field.integer("The HTTP status of the response."),
    request_id: Field.string("The ID of the request, as in the header `x-request-id`."),
    body: Schema.Record({ key: Schema.String, value: Schema.Unknown }).pipe(described("The body of the response."))
  })).pipe(described("The response; null if the request did not run.")),
  error: Schema.NullOr(Tolerant.struct({}, {
    code: Field.string("The code of the error."),
    message: Field.string("A description of the error.")
  })).pipe(described("Why the request did not run; null if it did."))
}).annotations({ identifier: "BatchRequestOutput", description: "A line of a batch's output file or error file." })

export interface BatchRequestOutput extends Schema.Schema.Type<typeof BatchRequestOutput> {}

// -----------------------------------------------------------------------------
// operations
// -----------------------------------------------------------------------------

/**
 * @since 0.1.0
 * @category operations
 */
export const create = Endpoint.make({
  name: "createBatch",
  summary: "Create batch",
  description: "Creates a batch from an uploaded file of requests, and runs it.",
  method: "POST",
  path: "/batches",
  body: Endpoint.json(CreateBatchRequest),
  success: Endpoint.json(Batch)
})

/**
 * @since 0.1.0
 * @category operations
 */
export const retrieve = Endpoint.make({
  name: "retrieveBatch",
  summary: "Retrieve batch",
  description: "Returns a batch.",
  method: "GET",
  path: "/batches/{batch_id}",
  parameters: { batch_id: BatchId },
  success: Endpoint.json(Batch)
})

/**
 * @since 0.1.0
 * @category operations
 */
export const cancel = Endpoint.make({
  name: "cancelBatch",
  summary: "Cancel batch",
  description:
    "Cancels a batch. Its status is `cancelling` for up to 10 minutes, and then `cancelled`. The output file has " +
    "the responses of requests that ran before.",
  method: "POST",
  path: "/batches/{batch_id}/cancel",
  parameters: { batch_id: BatchId },
  success: Endpoint.json(Batch),
  replayable: true
})

/**
 * @since 0.1.0
 * @category operations
 */
export const list = Endpoint.make({
  name: "listBatches",
  summary: "List batches",
  description: "Returns a page of the organization's batches, newest first.",
  method: "GET",
  path: "/batches",
  query: ListBatchesQuery,
  success: Endpoint.json(ListBatchesResponse),
  pagination: Endpoint.cursor()
})

/**
 * @since 0.1.0
 * @category resource
 */
export const resource = Resource.make({
  name: "Batches",
  title: "Batches",
  description: "Files of requests that the API runs within 24 hours.",
  operations: { list, create, retrieve, cancel }
})
