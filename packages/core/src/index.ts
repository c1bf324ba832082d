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
 * Fields that several resources share.
 *
 * @since 0.1.0
 */
export * as Common from "./Common.js"

/**
 * Texts completed by a model.
 *
 * @since 0.1.0
 */
export * as Completions from "./Completions.js"

/**
 * Every operation, by resource.
 *
 * @since 0.1.0
 */
export * as Contract from "./Contract.js"

/**
 * Texts as vectors.
 *
 * @since 0.1.0
 */
export * as Embeddings from "./Embeddings.js"

/**
 * One operation of the HTTP API as plain data.
 *
 * @since 0.1.0
 */
export * as Endpoint from "./Endpoint.js"

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
 * Json: the maximum depth of JSON.
 *
 * @since 0.1.0
 */
export * as Json from "./Json.js"

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
 * The errors of operations: one class for each case that a caller handles differently, matched by `_tag`.
 *
 * @since 0.1.0
 */
export * as OpenAiError from "./OpenAiError.js"

/**
 * Lists: the fields of their queries, and the page that they return.
 *
 * @since 0.1.0
 */
export * as Pagination from "./Pagination.js"

/**
 * Png: the header of a PNG image.
 *
 * @since 0.1.0
 */
export * as Png from "./Png.js"

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
 * A resource of the API reference: a title, a sentence, and its operations.
 *
 * @since 0.1.0
 */
export * as Resource from "./Resource.js"

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
 * Schemas of objects, as `Schema.Struct` makes them, with types that the compiler computes faster.
 *
 * @since 0.1.0
 */
export * as Struct from "./Struct.js"

/**
 * Subtitles: the segments of a transcription as SubRip and WebVTT.
 *
 * @since 0.1.0
 */
export * as Subtitles from "./Subtitles.js"

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
 * TrainingExamples: the lines of files for fine-tuning, in the format of each method.
 *
 * @since 0.1.0
 */
export * as TrainingExamples from "./TrainingExamples.js"

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
