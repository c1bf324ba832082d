/**
 * What is documented: the parameters and bodies of every operation, and every component with every field, its type and
 * its limits, in the notation of `notation.ts`. Limits that the documentation has in words alone stand here like the rest.
 */

type Fields = Readonly<Record<string, string>>

// -----------------------------------------------------------------------------
// operations
// -----------------------------------------------------------------------------

// The documentation says nothing of the length; an empty name would be another route.
const id = "string(1..)"
const order = "'asc' | 'desc' = 'desc'"
const listQuery = { "limit?": "integer(1..100) = 20", "order?": order, "after?": "string", "before?": "string" }
// In the documentation's examples alone.
const beta = { "OpenAI-Beta": "'assistants=v1'" }

/** Each operation's parameters by place, and the names of its bodies. A question mark says that one may be left out. */
export const documentedOperations: Readonly<
  Record<string, {
    readonly tag: string
    readonly path?: Fields
    readonly query?: Fields
    readonly header?: Fields
    readonly body?: string
    readonly answer?: string
    /** What `stream: true` answers. */
    readonly events?: string
  }>
> = {
  createChatCompletion: {
    tag: "Chat",
    body: "CreateChatCompletionRequest",
    answer: "CreateChatCompletionResponse",
    events: "CreateChatCompletionStreamResponse"
  },
  createEmbedding: { tag: "Embeddings", body: "CreateEmbeddingRequest", answer: "CreateEmbeddingResponse" },
  downloadFile: { tag: "Files", path: { file_id: id } },
  deleteFile: { tag: "Files", path: { file_id: id }, answer: "DeleteFileResponse" },
  retrieveFile: { tag: "Files", path: { file_id: id }, answer: "OpenAIFile" },
  listFiles: {
    tag: "Files",
    query: { "purpose?": "string", "limit?": "integer(1..10000) = 10000", "order?": order, "after?": "string" },
    answer: "ListFilesResponse"
  },
  createFile: { tag: "Files", body: "CreateFileRequest", answer: "OpenAIFile" },
  deleteModel: { tag: "Models", path: { model: id }, answer: "DeleteModelResponse" },
  retrieveModel: { tag: "Models", path: { model: id }, answer: "Model" },
  listModels: { tag: "Models", answer: "ListModelsResponse" },
  createAssistant: { tag: "Assistants", header: beta, body: "CreateAssistantRequest", answer: "AssistantObject" },
  listAssistants: { tag: "Assistants", header: beta, query: listQuery, answer: "ListAssistantsResponse" },
  deleteAssistant: { tag: "Assistants", header: beta, path: { assistant_id: id }, answer: "DeleteAssistantResponse" },
  modifyAssistant: {
    tag: "Assistants",
    header: beta,
    path: { assistant_id: id },
    body: "ModifyAssistantRequest",
    answer: "AssistantObject"
  },
  getAssistant: { tag: "Assistants", header: beta, path: { assistant_id: id }, answer: "AssistantObject" },
  createAssistantFile: {
    tag: "Assistant files",
    header: beta,
    path: { assistant_id: id },
    body: "CreateAssistantFileRequest",
    answer: "AssistantFileObject"
  },
  listAssistantFiles: {
    tag: "Assistant files",
    header: beta,
    path: { assistant_id: id },
    query: listQuery,
    answer: "ListAssistantFilesResponse"
  },
  deleteAssistantFile: {
    tag: "Assistant files",
    header: beta,
    path: { assistant_id: id, file_id: id },
    answer: "DeleteAssistantFileResponse"
  },
  getAssistantFile: {
    tag: "Assistant files",
    header: beta,
    path: { assistant_id: id, file_id: id },
    answer: "AssistantFileObject"
  },
  createThread: { tag: "Threads", header: beta, body: "CreateThreadRequest", answer: "ThreadObject" },
  deleteThread: { tag: "Threads", header: beta, path: { thread_id: id }, answer: "DeleteThreadResponse" },
  modifyThread: {
    tag: "Threads",
    header: beta,
    path: { thread_id: id },
    body: "ModifyThreadRequest",
    answer: "ThreadObject"
  },
  getThread: { tag: "Threads", header: beta, path: { thread_id: id }, answer: "ThreadObject" },
  createMessage: {
    tag: "Messages",
    header: beta,
    path: { thread_id: id },
    body: "CreateMessageRequest",
    answer: "MessageObject"
  },
  listMessages: {
    tag: "Messages",
    header: beta,
    path: { thread_id: id },
    query: { ...listQuery, "run_id?": "string" },
    answer: "ListMessagesResponse"
  },
  modifyMessage: {
    tag: "Messages",
    header: beta,
    path: { thread_id: id, message_id: id },
    body: "ModifyMessageRequest",
    answer: "MessageObject"
  },
  getMessage: { tag: "Messages", header: beta, path: { thread_id: id, message_id: id }, answer: "MessageObject" },
  listMessageFiles: {
    tag: "Message files",
    header: beta,
    path: { thread_id: id, message_id: id },
    query: listQuery,
    answer: "ListMessageFilesResponse"
  },
  getMessageFile: {
    tag: "Message files",
    header: beta,
    path: { thread_id: id, message_id: id, file_id: id },
    answer: "MessageFileObject"
  },
  cancelRun: { tag: "Runs", header: beta, path: { thread_id: id, run_id: id }, answer: "RunObject" },
  createRun: {
    tag: "Runs",
    header: beta,
    path: { thread_id: id },
    body: "CreateRunRequest",
    answer: "RunObject",
    events: "AssistantStreamEvent | ErrorEvent | DoneEvent"
  },
  listRuns: { tag: "Runs", header: beta, path: { thread_id: id }, query: listQuery, answer: "ListRunsResponse" },
  createThreadAndRun: {
    tag: "Runs",
    header: beta,
    body: "CreateThreadAndRunRequest",
    answer: "RunObject",
    events: "AssistantStreamEvent | ErrorEvent | DoneEvent"
  },
  modifyRun: {
    tag: "Runs",
    header: beta,
    path: { thread_id: id, run_id: id },
    body: "ModifyRunRequest",
    answer: "RunObject"
  },
  getRun: { tag: "Runs", header: beta, path: { thread_id: id, run_id: id }, answer: "RunObject" },
  submitToolOuputsToRun: {
    tag: "Runs",
    header: beta,
    path: { thread_id: id, run_id: id },
    body: "SubmitToolOutputsRunRequest",
    answer: "RunObject",
    events: "AssistantStreamEvent | ErrorEvent | DoneEvent"
  },
  listRunSteps: {
    tag: "Run steps",
    header: beta,
    path: { thread_id: id, run_id: id },
    query: listQuery,
    answer: "ListRunStepsResponse"
  },
  getRunStep: {
    tag: "Run steps",
    header: beta,
    path: { thread_id: id, run_id: id, step_id: id },
    answer: "RunStepObject"
  }
}

// -----------------------------------------------------------------------------
// components
// -----------------------------------------------------------------------------

const anyOr = (...names: ReadonlyArray<string>) => ["string", ...names.map((name) => `'${name}'`)].join(" | ")

// Of the models that came later the documentation of Assistants v1 knows none; they work with it all the same.
const assistantModel = anyOr(
  "gpt-4o",
  "gpt-4o-2024-11-20",
  "gpt-4o-2024-08-06",
  "gpt-4o-2024-05-13",
  "gpt-4o-mini",
  "gpt-4o-mini-2024-07-18",
  "gpt-4-turbo",
  "gpt-4-turbo-2024-04-09",
  "gpt-4-0125-preview",
  "gpt-4-turbo-preview",
  "gpt-4-1106-preview",
  "gpt-4-vision-preview",
  "gpt-4",
  "gpt-4-0314",
  "gpt-4-0613",
  "gpt-4-32k",
  "gpt-4-32k-0314",
  "gpt-4-32k-0613",
  "gpt-3.5-turbo",
  "gpt-3.5-turbo-16k",
  "gpt-3.5-turbo-0613",
  "gpt-3.5-turbo-1106",
  "gpt-3.5-turbo-0125",
  "gpt-3.5-turbo-16k-0613"
)

const chatModel = anyOr(
  "o1",
  "o1-2024-12-17",
  "o1-preview",
  "o1-preview-2024-09-12",
  "o1-mini",
  "o1-mini-2024-09-12",
  "gpt-4o",
  "gpt-4o-2024-11-20",
  "gpt-4o-2024-08-06",
  "gpt-4o-2024-05-13",
  "gpt-4o-audio-preview",
  "gpt-4o-audio-preview-2024-10-01",
  "gpt-4o-audio-preview-2024-12-17",
  "gpt-4o-mini-audio-preview",
  "gpt-4o-mini-audio-preview-2024-12-17",
  "chatgpt-4o-latest",
  "gpt-4o-mini",
  "gpt-4o-mini-2024-07-18",
  "gpt-4-turbo",
  "gpt-4-turbo-2024-04-09",
  "gpt-4-0125-preview",
  "gpt-4-turbo-preview",
  "gpt-4-1106-preview",
  "gpt-4-vision-preview",
  "gpt-4",
  "gpt-4-0314",
  "gpt-4-0613",
  "gpt-4-32k",
  "gpt-4-32k-0314",
  "gpt-4-32k-0613",
  "gpt-3.5-turbo",
  "gpt-3.5-turbo-16k",
  "gpt-3.5-turbo-0301",
  "gpt-3.5-turbo-0613",
  "gpt-3.5-turbo-1106",
  "gpt-3.5-turbo-0125",
  "gpt-3.5-turbo-16k-0613"
)

const embeddingModel = anyOr("text-embedding-ada-002", "text-embedding-3-small", "text-embedding-3-large")

const assistantTools = "(AssistantToolsCode | AssistantToolsRetrieval | AssistantToolsFunction)"

// The limits are documented in words.
const metadata = "{ [string(..64)]: string(..512) }(..16) | null"

// Documented as strings; an empty page has no first object and no last one.
const list = (item: string) => ({
  object: "'list'",
  data: `${item}[]`,
  first_id: "string | null",
  last_id: "string | null",
  has_more: "boolean"
})

/** Every component but the events; the fields of each object. */
export const documentedComponents: Readonly<Record<string, Fields | string>> = {
  // errors
  ErrorResponse: { error: "Error" },
  Error: { message: "string", type: "string", param: "string | null", code: "string | null" },
  // chat
  CreateChatCompletionRequest: {
    messages: "ChatCompletionRequestMessage[1..]",
    model: chatModel,
    "store?": "boolean | null = false",
    "reasoning_effort?": "'low' | 'medium' | 'high' = 'medium'",
    "metadata?": "{ [string]: string } | null",
    "frequency_penalty?": "number(-2..2) | null = 0",
    // The range is documented in words, as are the most tools that there may be.
    "logit_bias?": "{ [string]: integer(-100..100) } | null = null",
    "logprobs?": "boolean | null = false",
    "top_logprobs?": "integer(0..20) | null",
    "max_tokens?": "deprecated integer | null",
    "max_completion_tokens?": "integer | null",
    "n?": "integer(1..128) | null = 1",
    "modalities?": "('text' | 'audio')[] | null",
    "prediction?": "PredictionContent | null",
    "audio?":
      "{ voice: 'alloy' | 'ash' | 'ballad' | 'coral' | 'echo' | 'sage' | 'shimmer' | 'verse'; format: 'wav' | " +
      "'mp3' | 'flac' | 'opus' | 'pcm16' } | null",
    "presence_penalty?": "number(-2..2) | null = 0",
    "response_format?": "ResponseFormatText | ResponseFormatJsonObject | ResponseFormatJsonSchema",
    "seed?": "integer(-9223372036854776000..9223372036854776000) | null",
    "service_tier?": "'auto' | 'default' | null = 'auto'",
    "stop?": "string | string[1..4] | null = null",
    "stream?": "boolean | null = false",
    // The component is documented as nullable; a component that is null reads ill.
    "stream_options?": "ChatCompletionStreamOptions | null = null",
    "temperature?": "number(0..2) | null = 1",
    "top_p?": "number(0..1) | null = 1",
    "tools?": "ChatCompletionTool[..128]",
    "tool_choice?": "ChatCompletionToolChoiceOption",
    "parallel_tool_calls?": "boolean = true",
    "user?": "string",
    "function_call?": "deprecated 'none' | 'auto' | ChatCompletionFunctionCallOption",
    "functions?": "deprecated ChatCompletionFunctions[1..128]"
  },
  ChatCompletionRequestMessage: "ChatCompletionRequestDeveloperMessage | ChatCompletionRequestSystemMessage | " +
    "ChatCompletionRequestUserMessage | ChatCompletionRequestAssistantMessage | " +
    "ChatCompletionRequestToolMessage | ChatCompletionRequestFunctionMessage",
  ChatCompletionRequestDeveloperMessage: {
    content: "string | ChatCompletionRequestMessageContentPartText[1..]",
    role: "'developer'",
    "name?": "string"
  },
  ChatCompletionRequestMessageContentPartText: { type: "'text'", text: "string" },
  ChatCompletionRequestSystemMessage: {
    content: "string | ChatCompletionRequestMessageContentPartText[1..]",
    role: "'system'",
    "name?": "string"
  },
  ChatCompletionRequestUserMessage: {
    content: "string | ChatCompletionRequestUserMessageContentPart[1..]",
    role: "'user'",
    "name?": "string"
  },
  ChatCompletionRequestUserMessageContentPart:
    "ChatCompletionRequestMessageContentPartText | ChatCompletionRequestMessageContentPartImage | " +
    "ChatCompletionRequestMessageContentPartAudio",
  ChatCompletionRequestMessageContentPartImage: {
    type: "'image_url'",
    image_url: "{ url: string(uri); detail?: 'auto' | 'low' | 'high' = 'auto' }"
  },
  ChatCompletionRequestMessageContentPartAudio: {
    type: "'input_audio'",
    input_audio: "{ data: string; format: 'wav' | 'mp3' }"
  },
  ChatCompletionRequestAssistantMessage: {
    "content?": "string | ChatCompletionRequestAssistantMessageContentPart[1..] | null",
    "refusal?": "string | null",
    role: "'assistant'",
    "name?": "string",
    "audio?": "{ id: string } | null",
    "tool_calls?": "ChatCompletionMessageToolCalls",
    "function_call?": "deprecated { name: string; arguments: string } | null"
  },
  ChatCompletionRequestAssistantMessageContentPart:
    "ChatCompletionRequestMessageContentPartText | ChatCompletionRequestMessageContentPartRefusal",
  ChatCompletionRequestMessageContentPartRefusal: { type: "'refusal'", refusal: "string" },
  ChatCompletionMessageToolCalls: "ChatCompletionMessageToolCall[]",
  ChatCompletionMessageToolCall: { id: "string", type: "'function'", function: "{ name: string; arguments: string }" },
  ChatCompletionRequestToolMessage: {
    role: "'tool'",
    content: "string | ChatCompletionRequestMessageContentPartText[1..]",
    tool_call_id: "string",
    // A known deviation: the reference omits it, and the API accepts it.
    "name?": "string"
  },
  ChatCompletionRequestFunctionMessage: { role: "'function'", content: "string | null", name: "string" },
  PredictionContent: { type: "'content'", content: "string | ChatCompletionRequestMessageContentPartText[1..]" },
  ResponseFormatText: { type: "'text'" },
  ResponseFormatJsonObject: { type: "'json_object'" },
  ResponseFormatJsonSchema: {
    type: "'json_schema'",
    json_schema: "{ description?: string; name: string(/^[a-zA-Z0-9_-]{1,64}$/); schema?: { [string]: unknown }; " +
      "strict?: boolean | null = false }"
  },
  ChatCompletionStreamOptions: { "include_usage?": "boolean" },
  ChatCompletionTool: { type: "'function'", function: "FunctionObject" },
  ChatCompletionToolChoiceOption: "'none' | 'auto' | 'required' | ChatCompletionNamedToolChoice",
  ChatCompletionNamedToolChoice: { type: "'function'", function: "{ name: string }" },
  ChatCompletionFunctionCallOption: { name: "string" },
  // The pattern is documented in words, here and for other names.
  ChatCompletionFunctions: {
    name: "string(/^[a-zA-Z0-9_-]{1,64}$/)",
    "description?": "string",
    "parameters?": "{ [string]: unknown }"
  },
  CreateChatCompletionResponse: {
    id: "string",
    created: "integer",
    model: "string",
    "service_tier?": "'scale' | 'default' | null",
    "system_fingerprint?": "string",
    object: "'chat.completion'",
    choices:
      "{ finish_reason: 'stop' | 'length' | 'tool_calls' | 'content_filter' | 'function_call'; index: integer; " +
      "message: ChatCompletionResponseMessage; logprobs: { content: ChatCompletionTokenLogprob[] | null; " +
      "refusal: ChatCompletionTokenLogprob[] | null } | null }[]",
    "usage?": "CompletionUsage"
  },
  ChatCompletionResponseMessage: {
    content: "string | null",
    refusal: "string | null",
    "tool_calls?": "ChatCompletionMessageToolCalls",
    role: "'assistant'",
    "function_call?": "deprecated { name: string; arguments: string }",
    "audio?": "{ id: string; expires_at: integer; data: string; transcript: string } | null"
  },
  ChatCompletionTokenLogprob: {
    token: "string",
    logprob: "number",
    bytes: "integer[] | null",
    top_logprobs: "{ token: string; logprob: number; bytes: integer[] | null }[]"
  },
  CompletionUsage: {
    completion_tokens: "integer",
    prompt_tokens: "integer",
    total_tokens: "integer",
    "completion_tokens_details?":
      "{ accepted_prediction_tokens?: integer; audio_tokens?: integer; reasoning_tokens?: integer; " +
      "rejected_prediction_tokens?: integer }",
    "prompt_tokens_details?": "{ audio_tokens?: integer; cached_tokens?: integer }"
  },
  CreateChatCompletionStreamResponse: {
    id: "string",
    created: "integer",
    model: "string",
    "service_tier?": "'scale' | 'default' | null",
    "system_fingerprint?": "string",
    object: "'chat.completion.chunk'",
    choices: "{ delta: ChatCompletionStreamResponseDelta; logprobs?: { content: ChatCompletionTokenLogprob[] | null; " +
      "refusal: ChatCompletionTokenLogprob[] | null } | null; finish_reason: 'stop' | 'length' | 'tool_calls' | " +
      "'content_filter' | 'function_call' | null; index: integer }[]",
    // Documented without the details, which are sent here too.
    "usage?": "CompletionUsage | null"
  },
  ChatCompletionStreamResponseDelta: {
    "content?": "string | null",
    "function_call?": "deprecated { name?: string; arguments?: string }",
    "tool_calls?": "ChatCompletionMessageToolCallChunk[]",
    "role?": "'system' | 'user' | 'assistant' | 'tool'",
    "refusal?": "string | null"
  },
  ChatCompletionMessageToolCallChunk: {
    index: "integer",
    "id?": "string",
    "type?": "'function'",
    "function?": "{ name?: string; arguments?: string }"
  },
  // embeddings
  CreateEmbeddingRequest: {
    input: "string(1..) | string(1..)[1..2048] | integer[1..2048] | integer[1..][1..2048]",
    model: embeddingModel,
    "encoding_format?": "'float' | 'base64' = 'float'",
    "dimensions?": "integer(1..)",
    "user?": "string"
  },
  CreateEmbeddingResponse: {
    data: "Embedding[]",
    model: "string",
    object: "'list'",
    usage: "{ prompt_tokens: integer; total_tokens: integer }"
  },
  // Documented as numbers alone; `encoding_format: "base64"` answers text.
  Embedding: { index: "integer", embedding: "number[] | string", object: "'embedding'" },
  // files
  OpenAIFile: {
    id: "string",
    object: "'file'",
    bytes: "integer",
    created_at: "integer",
    filename: "string",
    purpose:
      "'assistants' | 'assistants_output' | 'batch' | 'batch_output' | 'fine-tune' | 'fine-tune-results' | 'vision'",
    status: "deprecated 'uploaded' | 'processed' | 'error'",
    "status_details?": "deprecated string"
  },
  CreateFileRequest: { file: "string(binary)", purpose: "'assistants' | 'batch' | 'fine-tune' | 'vision'" },
  ListFilesResponse: list("OpenAIFile"),
  DeleteFileResponse: { id: "string", object: "'file'", deleted: "boolean" },
  // models
  Model: { id: "string", created: "integer", object: "'model'", owned_by: "string" },
  ListModelsResponse: { object: "'list'", data: "Model[]" },
  DeleteModelResponse: { id: "string", deleted: "boolean", object: "string" },
  // assistants
  AssistantObject: {
    id: "string",
    object: "'assistant'",
    created_at: "integer",
    name: "string(..256) | null",
    description: "string(..512) | null",
    model: "string",
    instructions: "string(..256000) | null",
    tools: `${assistantTools}[..128] = []`,
    file_ids: "string[..20] = []",
    metadata,
    // Documented where an assistant is created, and answered too.
    "temperature?": "number(0..2) | null = 1",
    "top_p?": "number(0..1) | null = 1",
    "response_format?": "AssistantsApiResponseFormatOption | null"
  },
  CreateAssistantRequest: {
    model: assistantModel,
    "name?": "string(..256) | null",
    "description?": "string(..512) | null",
    "instructions?": "string(..256000) | null",
    "tools?": `${assistantTools}[..128] = []`,
    "file_ids?": "string[..20] = []",
    "metadata?": metadata,
    "temperature?": "number(0..2) | null = 1",
    "top_p?": "number(0..1) | null = 1",
    "response_format?": "AssistantsApiResponseFormatOption | null"
  },
  ModifyAssistantRequest: {
    "model?": assistantModel,
    "name?": "string(..256) | null",
    "description?": "string(..512) | null",
    "instructions?": "string(..256000) | null",
    "tools?": `${assistantTools}[..128] = []`,
    "file_ids?": "string[..20] = []",
    "metadata?": metadata,
    "temperature?": "number(0..2) | null = 1",
    "top_p?": "number(0..1) | null = 1",
    "response_format?": "AssistantsApiResponseFormatOption | null"
  },
  ListAssistantsResponse: list("AssistantObject"),
  DeleteAssistantResponse: { id: "string", object: "'assistant.deleted'", deleted: "boolean" },
  AssistantToolsCode: { type: "'code_interpreter'" },
  AssistantToolsRetrieval: { type: "'retrieval'" },
  AssistantToolsFunction: { type: "'function'", function: "FunctionObject" },
  FunctionObject: {
    name: "string(/^[a-zA-Z0-9_-]{1,64}$/)",
    "description?": "string",
    "parameters?": "{ [string]: unknown }",
    "strict?": "boolean | null = false"
  },
  AssistantsApiResponseFormatOption: "'none' | 'auto' | AssistantsApiResponseFormat",
  AssistantsApiResponseFormat: { "type?": "'text' | 'json_object' = 'text'" },
  // assistant files
  AssistantFileObject: { id: "string", object: "'assistant.file'", created_at: "integer", assistant_id: "string" },
  CreateAssistantFileRequest: { file_id: "string" },
  // Documented as requiring `items` too, which no server sends.
  ListAssistantFilesResponse: list("AssistantFileObject"),
  DeleteAssistantFileResponse: { id: "string", object: "'assistant.file.deleted'", deleted: "boolean" },
  // threads
  ThreadObject: { id: "string", object: "'thread'", created_at: "integer", metadata },
  CreateThreadRequest: { "messages?": "CreateMessageRequest[]", "metadata?": metadata },
  ModifyThreadRequest: { "metadata?": metadata },
  DeleteThreadResponse: { id: "string", object: "'thread.deleted'", deleted: "boolean" },
  // messages
  CreateMessageRequest: {
    role: "'user' | 'assistant'",
    content: "string(1..256000)",
    "file_ids?": "string[1..10] = []",
    "metadata?": metadata
  },
  MessageObject: {
    id: "string",
    object: "'thread.message'",
    created_at: "integer",
    thread_id: "string",
    status: "'in_progress' | 'incomplete' | 'completed'",
    incomplete_details:
      "{ reason: 'content_filter' | 'max_tokens' | 'run_cancelled' | 'run_expired' | 'run_failed' } | null",
    completed_at: "integer | null",
    incomplete_at: "integer | null",
    role: "'user' | 'assistant'",
    content: "(MessageContentImageFileObject | MessageContentTextObject)[]",
    assistant_id: "string | null",
    run_id: "string | null",
    file_ids: "string[..10] = []",
    metadata
  },
  MessageContentImageFileObject: { type: "'image_file'", image_file: "{ file_id: string }" },
  MessageContentTextObject: {
    type: "'text'",
    text: "{ value: string; annotations: (MessageContentTextAnnotationsFileCitationObject | " +
      "MessageContentTextAnnotationsFilePathObject)[] }"
  },
  MessageContentTextAnnotationsFileCitationObject: {
    type: "'file_citation'",
    text: "string",
    file_citation: "{ file_id: string; quote: string }",
    start_index: "integer(0..)",
    end_index: "integer(0..)"
  },
  MessageContentTextAnnotationsFilePathObject: {
    type: "'file_path'",
    text: "string",
    file_path: "{ file_id: string }",
    start_index: "integer(0..)",
    end_index: "integer(0..)"
  },
  ListMessagesResponse: list("MessageObject"),
  ModifyMessageRequest: { "metadata?": metadata },
  MessageDeltaObject: {
    id: "string",
    object: "'thread.message.delta'",
    delta: "{ role?: 'user' | 'assistant'; content?: (MessageDeltaContentImageFileObject | " +
      "MessageDeltaContentTextObject)[]; file_ids?: string[..10] = [] }"
  },
  MessageDeltaContentImageFileObject: { index: "integer", type: "'image_file'", "image_file?": "{ file_id?: string }" },
  MessageDeltaContentTextObject: {
    index: "integer",
    type: "'text'",
    "text?": "{ value?: string; annotations?: (MessageDeltaContentTextAnnotationsFileCitationObject | " +
      "MessageDeltaContentTextAnnotationsFilePathObject)[] }"
  },
  MessageDeltaContentTextAnnotationsFileCitationObject: {
    index: "integer",
    type: "'file_citation'",
    "file_citation?": "{ file_id?: string; quote?: string }",
    "text?": "string",
    "start_index?": "integer(0..)",
    "end_index?": "integer(0..)"
  },
  MessageDeltaContentTextAnnotationsFilePathObject: {
    index: "integer",
    type: "'file_path'",
    "file_path?": "{ file_id?: string }",
    "text?": "string",
    "start_index?": "integer(0..)",
    "end_index?": "integer(0..)"
  },
  // message files
  MessageFileObject: { id: "string", object: "'thread.message.file'", created_at: "integer", message_id: "string" },
  // Documented as requiring `items` too, which no server sends.
  ListMessageFilesResponse: list("MessageFileObject"),
  // runs
  RunObject: {
    id: "string",
    object: "'thread.run'",
    created_at: "integer",
    thread_id: "string",
    assistant_id: "string",
    status:
      "'queued' | 'in_progress' | 'requires_action' | 'cancelling' | 'cancelled' | 'failed' | 'completed' | 'expired'",
    required_action: "{ type: 'submit_tool_outputs'; submit_tool_outputs: { tool_calls: RunToolCallObject[] } } | null",
    last_error: "{ code: 'server_error' | 'rate_limit_exceeded' | 'invalid_prompt'; message: string } | null",
    expires_at: "integer | null",
    started_at: "integer | null",
    cancelled_at: "integer | null",
    failed_at: "integer | null",
    completed_at: "integer | null",
    incomplete_details: "{ reason?: 'max_completion_tokens' | 'max_prompt_tokens' } | null",
    model: "string",
    // Documented without null, and null in the answers to assistants that have none.
    instructions: "string | null",
    tools: `${assistantTools}[..20] = []`,
    file_ids: "string[] = []",
    metadata,
    // Here and below, a component that is documented as nullable.
    usage: "RunCompletionUsage | null",
    // The default is documented where a run is created.
    "temperature?": "number | null = 1",
    "top_p?": "number | null = 1",
    max_prompt_tokens: "integer(256..) | null",
    max_completion_tokens: "integer(256..) | null",
    truncation_strategy: "TruncationObject | null",
    tool_choice: "AssistantsApiToolChoiceOption | null",
    response_format: "AssistantsApiResponseFormatOption | null"
  },
  RunToolCallObject: { id: "string", type: "'function'", function: "{ name: string; arguments: string }" },
  RunCompletionUsage: { completion_tokens: "integer", prompt_tokens: "integer", total_tokens: "integer" },
  // Documented as requiring `thread_id` too, which is in the path.
  CreateRunRequest: {
    assistant_id: "string",
    "model?": `${assistantModel} | null`,
    "instructions?": "string | null",
    "additional_instructions?": "string | null",
    "additional_messages?": "CreateMessageRequest[] | null",
    "tools?": `${assistantTools}[..20] | null`,
    "metadata?": metadata,
    "temperature?": "number(0..2) | null = 1",
    "top_p?": "number(0..1) | null = 1",
    "stream?": "boolean | null",
    "max_prompt_tokens?": "integer(256..) | null",
    "max_completion_tokens?": "integer(256..) | null",
    "truncation_strategy?": "TruncationObject | null",
    "tool_choice?": "AssistantsApiToolChoiceOption | null",
    "response_format?": "AssistantsApiResponseFormatOption | null"
  },
  // Documented as requiring `thread_id` too, which does not exist yet.
  CreateThreadAndRunRequest: {
    assistant_id: "string",
    "thread?": "CreateThreadRequest",
    "model?": `${assistantModel} | null`,
    "instructions?": "string | null",
    "tools?": `${assistantTools}[..20] | null`,
    "metadata?": metadata,
    "temperature?": "number(0..2) | null = 1",
    "top_p?": "number(0..1) | null = 1",
    "stream?": "boolean | null",
    "max_prompt_tokens?": "integer(256..) | null",
    "max_completion_tokens?": "integer(256..) | null",
    "truncation_strategy?": "TruncationObject | null",
    "tool_choice?": "AssistantsApiToolChoiceOption | null",
    "response_format?": "AssistantsApiResponseFormatOption | null"
  },
  ListRunsResponse: list("RunObject"),
  ModifyRunRequest: { "metadata?": metadata },
  SubmitToolOutputsRunRequest: {
    tool_outputs: "{ tool_call_id?: string; output?: string }[]",
    "stream?": "boolean | null"
  },
  TruncationObject: { type: "'auto' | 'last_messages'", "last_messages?": "integer(1..) | null" },
  AssistantsApiToolChoiceOption: "'none' | 'auto' | AssistantsApiNamedToolChoice",
  AssistantsApiNamedToolChoice: {
    type: "'function' | 'code_interpreter' | 'retrieval'",
    "function?": "{ name: string }"
  },
  // run steps
  ListRunStepsResponse: list("RunStepObject"),
  RunStepObject: {
    id: "string",
    object: "'thread.run.step'",
    created_at: "integer",
    assistant_id: "string",
    thread_id: "string",
    run_id: "string",
    type: "'message_creation' | 'tool_calls'",
    status: "'in_progress' | 'cancelled' | 'failed' | 'completed' | 'expired'",
    step_details: "RunStepDetailsMessageCreationObject | RunStepDetailsToolCallsObject",
    last_error: "{ code: 'server_error' | 'rate_limit_exceeded'; message: string } | null",
    expired_at: "integer | null",
    cancelled_at: "integer | null",
    failed_at: "integer | null",
    completed_at: "integer | null",
    metadata,
    usage: "RunStepCompletionUsage | null"
  },
  RunStepDetailsMessageCreationObject: { type: "'message_creation'", message_creation: "{ message_id: string }" },
  RunStepDetailsToolCallsObject: {
    type: "'tool_calls'",
    tool_calls: "(RunStepDetailsToolCallsCodeObject | RunStepDetailsToolCallsRetrievalObject | " +
      "RunStepDetailsToolCallsFunctionObject)[]"
  },
  RunStepDetailsToolCallsCodeObject: {
    id: "string",
    type: "'code_interpreter'",
    code_interpreter: "{ input: string; outputs: (RunStepDetailsToolCallsCodeOutputLogsObject | " +
      "RunStepDetailsToolCallsCodeOutputImageObject)[] }"
  },
  RunStepDetailsToolCallsCodeOutputLogsObject: { type: "'logs'", logs: "string" },
  RunStepDetailsToolCallsCodeOutputImageObject: { type: "'image'", image: "{ file_id: string }" },
  RunStepDetailsToolCallsRetrievalObject: { id: "string", type: "'retrieval'", retrieval: "{ [string]: unknown }" },
  RunStepDetailsToolCallsFunctionObject: {
    id: "string",
    type: "'function'",
    function: "{ name: string; arguments: string; output: string | null }"
  },
  RunStepCompletionUsage: { completion_tokens: "integer", prompt_tokens: "integer", total_tokens: "integer" },
  RunStepDeltaObject: {
    id: "string",
    object: "'thread.run.step.delta'",
    delta: "{ step_details?: RunStepDeltaStepDetailsMessageCreationObject | RunStepDeltaStepDetailsToolCallsObject }"
  },
  RunStepDeltaStepDetailsMessageCreationObject: {
    type: "'message_creation'",
    "message_creation?": "{ message_id?: string }"
  },
  RunStepDeltaStepDetailsToolCallsObject: {
    type: "'tool_calls'",
    "tool_calls?": "(RunStepDeltaStepDetailsToolCallsCodeObject | RunStepDeltaStepDetailsToolCallsRetrievalObject | " +
      "RunStepDeltaStepDetailsToolCallsFunctionObject)[]"
  },
  RunStepDeltaStepDetailsToolCallsCodeObject: {
    index: "integer",
    "id?": "string",
    type: "'code_interpreter'",
    "code_interpreter?": "{ input?: string; outputs?: (RunStepDeltaStepDetailsToolCallsCodeOutputLogsObject | " +
      "RunStepDeltaStepDetailsToolCallsCodeOutputImageObject)[] }"
  },
  RunStepDeltaStepDetailsToolCallsCodeOutputLogsObject: { index: "integer", type: "'logs'", "logs?": "string" },
  RunStepDeltaStepDetailsToolCallsCodeOutputImageObject: {
    index: "integer",
    type: "'image'",
    "image?": "{ file_id?: string }"
  },
  RunStepDeltaStepDetailsToolCallsRetrievalObject: {
    index: "integer",
    "id?": "string",
    type: "'retrieval'",
    "retrieval?": "{ [string]: unknown }"
  },
  RunStepDeltaStepDetailsToolCallsFunctionObject: {
    index: "integer",
    "id?": "string",
    type: "'function'",
    "function?": "{ name?: string; arguments?: string; output?: string | null }"
  }
}

// -----------------------------------------------------------------------------
// events
// -----------------------------------------------------------------------------

/** The events of a run by component: the name of each, and what its data is. */
export const documentedEvents: Readonly<Record<string, Fields>> = {
  ThreadStreamEvent: {
    "thread.created": "ThreadObject"
  },
  RunStreamEvent: {
    "thread.run.created": "RunObject",
    "thread.run.queued": "RunObject",
    "thread.run.in_progress": "RunObject",
    "thread.run.requires_action": "RunObject",
    "thread.run.completed": "RunObject",
    "thread.run.failed": "RunObject",
    "thread.run.cancelling": "RunObject",
    "thread.run.cancelled": "RunObject",
    "thread.run.expired": "RunObject"
  },
  RunStepStreamEvent: {
    "thread.run.step.created": "RunStepObject",
    "thread.run.step.in_progress": "RunStepObject",
    "thread.run.step.completed": "RunStepObject",
    "thread.run.step.failed": "RunStepObject",
    "thread.run.step.cancelled": "RunStepObject",
    "thread.run.step.expired": "RunStepObject",
    "thread.run.step.delta": "RunStepDeltaObject"
  },
  MessageStreamEvent: {
    "thread.message.created": "MessageObject",
    "thread.message.in_progress": "MessageObject",
    "thread.message.completed": "MessageObject",
    "thread.message.incomplete": "MessageObject",
    "thread.message.delta": "MessageDeltaObject"
  },
  ErrorEvent: {
    error: "Error"
  },
  DoneEvent: {
    done: "'[DONE]'"
  }
}
