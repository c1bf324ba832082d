import type { Difference } from "./facts.js"

/**
 * A place where the contract differs from the document, and why. `*` represents any text. A deviation that no longer
 * occurs fails the test.
 */
export interface Deviation extends Difference {
  readonly reason: string
}

/** By `operationId` or component, and field. `null` says that this side has nothing there. */
export const deviations: ReadonlyArray<Deviation> = [
  // every operation
  {
    at: "*.path *",
    documented: "string",
    contract: "string(1..)",
    reason: "An empty identifier makes the path of another operation."
  },
  {
    at: "*.header OpenAI-Beta",
    documented: null,
    contract: "'assistants=v1'",
    reason: "Only the document's examples have the header. The API rejects requests of Assistants without it."
  },
  {
    at: "*.query limit",
    documented: "optional integer = 20",
    contract: "optional integer(1..100) = 20",
    reason: "The document states the range in its description."
  },
  {
    at: "*.metadata",
    documented: "*null | { [string] }",
    contract: "*null | { [string(..64)] }(..16)",
    reason: "The document states the limits in its description."
  },
  {
    at: "*.metadata{}",
    documented: "unknown",
    contract: "string(..512)",
    reason: "The document states the type and the limit in its description."
  },
  {
    at: "List*Response.object",
    documented: "string",
    contract: "'list'",
    reason: "The document's examples have this value."
  },
  {
    at: "List*Response.first_id",
    documented: "string",
    contract: "null | string",
    reason: "An empty page has no first and no last object."
  },
  {
    at: "List*Response.last_id",
    documented: "string",
    contract: "null | string",
    reason: "An empty page has no first and no last object."
  },
  // chat
  {
    at: "ChatCompletionRequestToolMessage.name",
    documented: null,
    contract: "optional string",
    reason: "The reference omits the field. The API accepts it."
  },
  {
    at: "CreateCompletionResponse.choices.finish_reason",
    documented: "'content_filter' | 'length' | 'stop'",
    contract: "'content_filter' | 'length' | 'stop' | null",
    reason: "The document's example of a chunk has null."
  },
  {
    at: "CreateCompletionResponse.usage",
    documented: "optional object",
    contract: "optional null | object",
    reason: "With `include_usage`, `usage` is null in all chunks but the last."
  },
  {
    at: "Create*CompletionRequest.logit_bias{}",
    documented: "integer",
    contract: "integer(-100..100)",
    reason: "The document states the range in its description."
  },
  {
    at: "Create*CompletionRequest.stream_options",
    documented: "optional null | object",
    contract: "optional null | object = null",
    reason: "The document states the default at the component."
  },
  {
    at: "CreateChatCompletionRequest.tools",
    documented: "optional array",
    contract: "optional array(..128)",
    reason: "The document states the limit in its description."
  },
  {
    at: "CreateChatCompletionRequest.parallel_tool_calls",
    documented: "optional boolean",
    contract: "optional boolean = true",
    reason: "The document states the default at the component."
  },
  {
    at: "ResponseFormatJsonSchema.json_schema.type",
    documented: "unknown",
    contract: null,
    reason: "The document requires the field and does not define it. Its examples do not have it."
  },
  {
    at: "ResponseFormatJsonSchema.json_schema.name",
    documented: "string",
    contract: "string(/^[a-zA-Z0-9_-]{1,64}$/)",
    reason: "The document states the pattern in its description."
  },
  {
    at: "FunctionObject.name",
    documented: "string",
    contract: "string(/^[a-zA-Z0-9_-]{1,64}$/)",
    reason: "The document states the pattern in its description."
  },
  {
    at: "ChatCompletionFunctions.name",
    documented: "string",
    contract: "string(/^[a-zA-Z0-9_-]{1,64}$/)",
    reason: "The document states the pattern in its description."
  },
  {
    at: "CompletionUsage.*_tokens_details",
    documented: null,
    contract: "optional object",
    reason: "The document states the details for complete responses only. The last chunk of a stream has them too."
  },
  // embeddings
  {
    at: "CreateEmbeddingRequest.input",
    documented: "array(1..2048) | array(1..2048) | array(1..2048) | string",
    contract: "array(1..2048) | array(1..2048) | array(1..2048) | string(1..)",
    reason: "The document forbids the empty string in its description."
  },
  {
    at: "CreateEmbeddingRequest.input[]<1>",
    documented: "string",
    contract: "string(1..)",
    reason: "The document forbids the empty string in its description."
  },
  {
    at: "Embedding.embedding",
    documented: "array",
    contract: "array | string",
    reason: "With `encoding_format: \"base64\"` the vector is a string."
  },
  // audio
  {
    at: "createSpeech.response 200 application/octet-stream",
    documented: "string(binary)",
    contract: null,
    reason: "The media type is that of the requested format."
  },
  {
    at: "createSpeech.response 200 audio/*",
    documented: null,
    contract: "string(binary)",
    reason: "The media type is that of the requested format."
  },
  {
    at: "createTrans*.response 200 text/plain",
    documented: null,
    contract: "string",
    reason: "With the formats `text`, `srt` and `vtt` the response is text. The document states JSON only."
  },
  {
    at: "CreateTrans*Request.response_format",
    documented: "optional 'json' | 'srt' | 'text' | 'verbose_json' | 'vtt'",
    contract: "optional 'json' | 'srt' | 'text' | 'verbose_json' | 'vtt' = 'json'",
    reason: "The document states the default at the component."
  },
  {
    at: "CreateTrans*Request.temperature",
    documented: "optional number = 0",
    contract: "optional number(0..1) = 0",
    reason: "The document states the range in its description."
  },
  {
    at: "CreateTrans*ResponseVerboseJson.duration",
    documented: "string",
    contract: "number",
    reason: "The document's examples have a number."
  },
  {
    at: "CreateTrans*ResponseVerboseJson.task",
    documented: null,
    contract: "optional 'trans*'",
    reason: "The document's examples have the field."
  },
  // files
  {
    at: "downloadFile.response 200 application/json",
    documented: "string",
    contract: null,
    reason: "The response is the file's bytes, of whatever media type."
  },
  {
    at: "downloadFile.response 200 application/octet-stream",
    documented: null,
    contract: "string(binary)",
    reason: "The response is the file's bytes, of whatever media type."
  },
  {
    at: "listFiles.query limit",
    documented: "optional integer = 10000",
    contract: "optional integer(1..10000) = 10000",
    reason: "The document states the range in its description."
  },
  // uploads
  {
    at: "CreateUploadRequest.bytes",
    documented: "integer",
    contract: "integer(0..8589934592)",
    reason: "The document states the limit in its description: 8 GB."
  },
  // batches
  {
    at: "Batch.*_at",
    documented: "optional integer",
    contract: "optional integer | null",
    reason: "The document's examples have null until the event has occurred."
  },
  {
    at: "Batch.*_file_id",
    documented: "optional string",
    contract: "optional null | string",
    reason: "The document's examples have null without the file."
  },
  {
    at: "Batch.errors",
    documented: "optional object",
    contract: "optional null | object",
    reason: "The document's examples have null without errors."
  },
  {
    at: "createBatch.request.metadata{}",
    documented: "string",
    contract: "string(..512)",
    reason: "The document states the limit where a batch is returned."
  },
  {
    at: "ListBatchesResponse.*_id",
    documented: "optional string",
    contract: "optional null | string",
    reason: "An empty page has no first and no last object."
  },
  // fine-tuning
  {
    at: "listPaginatedFineTuningJobs.query limit",
    documented: "optional integer = 20",
    contract: "optional integer(1..) = 20",
    reason: "A page has at least one object. The document states no maximum."
  },
  {
    at: "listFineTuningEvents.query limit",
    documented: "optional integer = 20",
    contract: "optional integer(1..) = 20",
    reason: "A page has at least one object. The document states no maximum."
  },
  {
    at: "listFineTuningJobCheckpoints.query limit",
    documented: "optional integer = 10",
    contract: "optional integer(1..) = 10",
    reason: "A page has at least one object. The document states no maximum."
  },
  {
    at: "CreateFineTuningJobRequest.integrations",
    documented: "optional array | null",
    contract: "optional array(..5) | null",
    reason: "The document states the limit where a job is returned."
  },
  {
    at: "FineTuningJob.hyperparameters",
    documented: "object",
    contract: "optional object",
    reason: "The document's description says that only supervised jobs have the field."
  },
  {
    at: "FineTuningJob.error.*",
    documented: "*string",
    contract: "optional *string",
    reason: "The API sends an empty object for a job that did not fail."
  },
  {
    at: "ListFineTuningJobEventsResponse.has_more",
    documented: null,
    contract: "boolean",
    reason: "The document's example has the field, and pagination needs it."
  },
  // assistants
  {
    at: "Create*Request.model",
    documented: "*…",
    contract: "*… | 'gpt-4o' | 'gpt-4o-2024-05-13' | 'gpt-4o-2024-08-06' | 'gpt-4o-2024-11-20' | 'gpt-4o-mini' | " +
      "'gpt-4o-mini-2024-07-18'",
    reason: "These models are newer than the document and work with version 1 of Assistants."
  },
  {
    at: "ModifyAssistantRequest.model",
    documented: "optional string",
    contract: "optional 'gpt-3.5-turbo' | * | string",
    reason: "The models are those that the document lists where an assistant is created."
  },
  {
    at: "FunctionObject.strict",
    documented: null,
    contract: "optional boolean | null = false",
    reason: "Functions of chat completions have the field in the newer document. The two share one model."
  },
  {
    at: "AssistantObject.temperature",
    documented: null,
    contract: "optional null | number(0..2) = 1",
    reason: "The document states the field where an assistant is created. Responses have it too."
  },
  {
    at: "AssistantObject.top_p",
    documented: null,
    contract: "optional null | number(0..1) = 1",
    reason: "The document states the field where an assistant is created. Responses have it too."
  },
  {
    at: "AssistantObject.response_format",
    documented: null,
    contract: "optional 'auto' | 'none' | null | object",
    reason: "The document states the field where an assistant is created. Responses have it too."
  },
  {
    at: "List*FilesResponse.items",
    documented: "unknown",
    contract: null,
    reason: "The document requires the field and does not define it. No server sends it."
  },
  // threads and runs
  {
    at: "createThread.request application/json",
    documented: "optional object",
    contract: "object",
    reason: "The client always sends a body. An empty one is `{}`."
  },
  {
    at: "Create*RunRequest.thread_id",
    documented: "unknown",
    contract: null,
    reason: "The document requires the field and does not define it. The thread is in the path, or is created."
  },
  {
    at: "RunObject.instructions",
    documented: "string",
    contract: "null | string",
    reason: "The field is null in runs of assistants without instructions."
  },
  {
    at: "RunObject.temperature",
    documented: "optional null | number",
    contract: "optional null | number = 1",
    reason: "The document states the default where a run is created."
  },
  {
    at: "RunObject.top_p",
    documented: "optional null | number",
    contract: "optional null | number = 1",
    reason: "The document states the default where a run is created."
  },
  // administration
  {
    at: "*ListResponse.object",
    documented: "string",
    contract: "'list'",
    reason: "The document's examples have this value."
  },
  {
    at: "*ListResponse.first_id",
    documented: "*string",
    contract: "null | string",
    reason: "An empty page has no first and no last object."
  },
  {
    at: "*ListResponse.last_id",
    documented: "*string",
    contract: "null | string",
    reason: "An empty page has no first and no last object."
  },
  {
    at: "InviteListResponse.has_more",
    documented: "optional boolean",
    contract: "boolean",
    reason: "Every other list requires the field."
  },
  {
    at: "ProjectApiKey.owner.type",
    documented: "optional 'service_account' | 'user'",
    contract: "'service_account' | 'user'",
    reason: "The document's examples have it, and it decides which other field the owner has."
  },
  {
    at: "Invite.accepted_at",
    documented: "optional integer",
    contract: "optional integer | null",
    reason: "The document's example has null, and so have responses."
  },
  {
    at: "list-project-rate-limits.query limit",
    documented: "optional integer = 100",
    contract: "optional integer(1..100) = 100",
    reason: "The document states no range. That of the other lists ends at this default."
  },
  {
    at: "usage-*.query *",
    documented: "optional array",
    contract: null,
    reason: "An array is sent as `name[]`, as the audit log documents it and official clients send it."
  },
  {
    at: "usage-*.query *[]",
    documented: "*",
    contract: "optional array",
    reason: "An array is sent as `name[]`, as the audit log documents it and official clients send it."
  },
  {
    at: "usage-*.query limit",
    documented: "optional integer",
    contract: "optional integer(1..1440)",
    reason: "The document states the range, which depends on the width, in its description."
  },
  {
    at: "usage-costs.query limit",
    documented: "optional integer = 7",
    contract: "optional integer(1..180) = 7",
    reason: "The document states the range in its description."
  },
  {
    at: "UsageTimeBucket.result",
    documented: "array",
    contract: null,
    reason: "The document's examples and the API name the field `results`."
  },
  {
    at: "Usage*Bucket.results",
    documented: null,
    contract: "array",
    reason: "The document's examples and the API name the field `results`."
  },
  {
    at: "UsageResponse.next_page",
    documented: "string",
    contract: "null | string",
    reason: "The document's examples have null on the last page."
  },
  {
    at: "CostsResult.sessions",
    documented: "unknown",
    contract: null,
    reason: "The document requires the field and does not define it. Its examples do not have it."
  }
]
