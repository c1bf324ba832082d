/**
 * Files that are attached to an assistant.
 *
 * @since 0.1.0
 */
export * as AssistantFiles from "./AssistantFiles.js"

/**
 * Models with instructions, tools and files.
 *
 * @since 0.1.0
 */
export * as Assistants from "./Assistants.js"

/**
 * Assistant stream: the events of a streamed run.
 *
 * @since 0.1.0
 */
export * as AssistantStream from "./AssistantStream.js"

/**
 * Speech from text, and text from speech.
 *
 * @since 0.1.0
 */
export * as Audio from "./Audio.js"

/**
 * Who changed what in the organization, and when.
 *
 * @since 0.1.0
 */
export * as AuditLogs from "./AuditLogs.js"

/**
 * The client of a resource of Azure OpenAI, which has its own paths and credentials.
 *
 * @since 0.1.0
 */
export * as AzureOpenAi from "./AzureOpenAi.js"

/**
 * Files of requests that the API runs within 24 hours.
 *
 * @since 0.1.0
 */
export * as Batches from "./Batches.js"

/**
 * Model responses to a conversation.
 *
 * @since 0.1.0
 */
export * as ChatCompletions from "./ChatCompletions.js"

/**
 * What the chunks of a streamed chat completion add up to: its text as it grows, and in the end the completion.
 *
 * @since 0.1.0
 */
export * as ChatStream from "./ChatStream.js"

/**
 * Texts completed by a model.
 *
 * @since 0.1.0
 */
export * as Completions from "./Completions.js"

/**
 * Texts as vectors.
 *
 * @since 0.1.0
 */
export * as Embeddings from "./Embeddings.js"

/**
 * Fields that are not documented: parameters of a server in requests, and what a server adds to responses.
 *
 * @since 0.1.0
 */
export * as Extra from "./Extra.js"

/**
 * The transport over fetch.
 *
 * @since 0.1.0
 */
export * as FetchHttpClient from "./FetchHttpClient.js"

/**
 * Documents for assistants, fine-tuning, batches and vision.
 *
 * @since 0.1.0
 */
export * as Files from "./Files.js"

/**
 * A file to upload: its name, its media type, and its bytes as a Stream.
 *
 * @since 0.1.0
 */
export * as FileSource from "./FileSource.js"

/**
 * Models that are trained on examples.
 *
 * @since 0.1.0
 */
export * as FineTuning from "./FineTuning.js"

/**
 * Images generated from a prompt, edited or varied.
 *
 * @since 0.1.0
 */
export * as Images from "./Images.js"

/**
 * Invites to the organization.
 *
 * @since 0.1.0
 */
export * as Invites from "./Invites.js"

/**
 * JSONL: one JSON value on each line.
 *
 * @since 0.1.0
 */
export * as Jsonl from "./Jsonl.js"

/**
 * JSON Schema from Schema, for function parameters and for `response_format`.
 *
 * @since 0.1.0
 */
export * as JsonSchema from "./JsonSchema.js"

/**
 * Files that are attached to a message.
 *
 * @since 0.1.0
 */
export * as MessageFiles from "./MessageFiles.js"

/**
 * The messages of a thread.
 *
 * @since 0.1.0
 */
export * as Messages from "./Messages.js"

/**
 * The models that are available.
 *
 * @since 0.1.0
 */
export * as Models from "./Models.js"

/**
 * Texts and images classified as potentially harmful or not.
 *
 * @since 0.1.0
 */
export * as Moderations from "./Moderations.js"

/**
 * The client: credentials, base URL and timeouts in one service, over the `HttpClient` that the program provides.
 *
 * @since 0.1.0
 */
export * as OpenAiClient from "./OpenAiClient.js"

/**
 * The errors of operations: one class for each case that a caller handles differently, matched by `_tag`.
 *
 * @since 0.1.0
 */
export * as OpenAiError from "./OpenAiError.js"

/**
 * Operations as functions: what every resource module consists of.
 *
 * @since 0.1.0
 */
export * as Operation from "./Operation.js"

/**
 * The API keys of a project's users and service accounts.
 *
 * @since 0.1.0
 */
export * as ProjectApiKeys from "./ProjectApiKeys.js"

/**
 * How much a project may use each model.
 *
 * @since 0.1.0
 */
export * as ProjectRateLimits from "./ProjectRateLimits.js"

/**
 * The parts of the organization that own keys, limits and objects.
 *
 * @since 0.1.0
 */
export * as Projects from "./Projects.js"

/**
 * Bots that are members of a project.
 *
 * @since 0.1.0
 */
export * as ProjectServiceAccounts from "./ProjectServiceAccounts.js"

/**
 * The members of a project.
 *
 * @since 0.1.0
 */
export * as ProjectUsers from "./ProjectUsers.js"

/**
 * When a failed request is sent again: the retry policy.
 *
 * @since 0.1.0
 */
export * as Retry from "./Retry.js"

/**
 * Executions of an assistant on a thread.
 *
 * @since 0.1.0
 */
export * as Runs from "./Runs.js"

/**
 * The steps of a run.
 *
 * @since 0.1.0
 */
export * as RunSteps from "./RunSteps.js"

/**
 * What the events of a streamed run add up to: its text as it grows, and in the end the run, its messages and its steps.
 *
 * @since 0.1.0
 */
export * as RunStream from "./RunStream.js"

/**
 * Subtitles: the segments of a transcription as SubRip and WebVTT.
 *
 * @since 0.1.0
 */
export * as Subtitles from "./Subtitles.js"

/**
 * Messages on spans.
 *
 * @since 0.1.0
 */
export * as Telemetry from "./Telemetry.js"

/**
 * Conversations that the server stores.
 *
 * @since 0.1.0
 */
export * as Threads from "./Threads.js"

/**
 * Schemas that read what servers send, and keep what is documented.
 *
 * @since 0.1.0
 */
export * as Tolerant from "./Tolerant.js"

/**
 * Functions that a model can call: a Schema of the arguments, and an Effect.
 *
 * @since 0.1.0
 */
export * as Tool from "./Tool.js"

/**
 * Large files in parts.
 *
 * @since 0.1.0
 */
export * as Uploads from "./Uploads.js"

/**
 * Usage and costs of the organization.
 *
 * @since 0.1.0
 */
export * as Usage from "./Usage.js"

/**
 * The members of the organization.
 *
 * @since 0.1.0
 */
export * as Users from "./Users.js"

/**
 * Wav: the header of WAV audio, and its repair.
 *
 * @since 0.1.0
 */
export * as Wav from "./Wav.js"
