/**
 * The model of the emulator: it takes a prompt and returns a reply. The built-in model gives the same reply to the same
 * prompt in each run; a program can provide its own.
 *
 * @since 0.1.0
 */
import type * as Assistants from "@effect-openai/core/Assistants"
import type * as RunSteps from "@effect-openai/core/RunSteps"
import type * as Tolerant from "@effect-openai/core/Tolerant"
import * as Context from "effect/Context"
import * as Data from "effect/Data"
import type * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Stream from "effect/Stream"
import * as scripted from "./internal/scripted.js"
import * as tokens from "./internal/tokens.js"

// -----------------------------------------------------------------------------
// errors
// -----------------------------------------------------------------------------

/**
 * The model gave no reply. A run fails with the code as its `last_error`; the response to a chat completion is 500, 429
 * or 400.
 *
 * @since 0.1.0
 * @category errors
 */
export class ModelError extends Data.TaggedError("ModelError")<{
  readonly code: "server_error" | "rate_limit_exceeded" | "invalid_prompt"
  readonly message: string
}> {}

// -----------------------------------------------------------------------------
// prompt
// -----------------------------------------------------------------------------

/**
 * A message of the conversation.
 *
 * @since 0.1.0
 * @category prompt
 */
export interface Turn {
  readonly role: "user" | "assistant"
  readonly content: string
}

/**
 * A file that the tool `retrieval` may search.
 *
 * @since 0.1.0
 * @category prompt
 */
export interface SearchableFile {
  readonly id: string
  readonly filename: string
  readonly text: Effect.Effect<string, ModelError>
}

/**
 * A call of a tool that was made, and its result.
 *
 * @since 0.1.0
 * @category prompt
 */
export type ToolCall =
  | Tolerant.Documented<RunSteps.CodeInterpreterToolCall>
  | Tolerant.Documented<RunSteps.FunctionToolCall>
  | Tolerant.Documented<RunSteps.RetrievalToolCall>

/**
 * Everything that a model knows when it replies.
 *
 * @since 0.1.0
 * @category prompt
 */
export interface Prompt {
  readonly model: string
  /** Empty without instructions. */
  readonly instructions: string
  /** The conversation, oldest first. */
  readonly messages: ReadonlyArray<Turn>
  readonly tools: ReadonlyArray<Assistants.AssistantTool>
  readonly toolChoice:
    | "none"
    | "auto"
    | "required"
    | { readonly type: string; readonly function?: { readonly name: string } | undefined }
  /** `text`, `json_object`, or the JSON Schema that the reply is to fit. */
  readonly format: "text" | "json_object" | { readonly [key: string]: unknown }
  readonly files: ReadonlyArray<SearchableFile>
  /** The calls made since the last message, oldest first. */
  readonly toolCalls: ReadonlyArray<ToolCall>
}

// -----------------------------------------------------------------------------
// reply
// -----------------------------------------------------------------------------

/**
 * Words of a file, and the text in the reply that refers to them.
 *
 * @since 0.1.0
 * @category reply
 */
export interface Citation {
  /** Where in the reply the marker begins. */
  readonly start: number
  readonly marker: string
  readonly fileId: string
  readonly quote: string
}

/**
 * A file that the model wrote, and the text in the reply that refers to it. The message has it among its files.
 *
 * @since 0.1.0
 * @category reply
 */
export interface WrittenFile {
  /** Where in the reply the marker begins. */
  readonly start: number
  /** A path, `sandbox:/mnt/data/result.csv` say. */
  readonly marker: string
  readonly filename: string
  readonly content: string
}

/**
 * The details of a text that are available after its last piece.
 *
 * @since 0.1.0
 * @category reply
 */
export interface Ending {
  readonly citations: ReadonlyArray<Citation>
  readonly files: ReadonlyArray<WrittenFile>
  /** Whether the model said all it had to say; false where it ran out of tokens. */
  readonly isWhole: boolean
}

/**
 * A text, which ends a run.
 *
 * @since 0.1.0
 * @category reply
 */
export interface Text {
  readonly _tag: "Text"
  /**
   * At most 1,048,576 characters together; beyond them the request or the run fails with `server_error`. The texts of a model
   * that is immediate have no limit.
   */
  readonly pieces: Stream.Stream<string, ModelError>
  /** Called after the last piece. */
  readonly ending: () => Ending
}

/**
 * Functions to call, with their arguments as JSON.
 *
 * @since 0.1.0
 * @category reply
 */
export interface FunctionCalls {
  readonly _tag: "FunctionCalls"
  readonly calls: ReadonlyArray<{ readonly name: string; readonly arguments: string }>
}

/**
 * A search in the files. The model is asked again afterwards.
 *
 * @since 0.1.0
 * @category reply
 */
export interface Retrieval {
  readonly _tag: "Retrieval"
}

/**
 * Code, and what it wrote. The model is asked again afterwards.
 *
 * @since 0.1.0
 * @category reply
 */
export interface CodeInterpreter {
  readonly _tag: "CodeInterpreter"
  readonly input: string
  readonly logs: string
}

/**
 * What a model replies.
 *
 * @since 0.1.0
 * @category reply
 */
export type Reply = CodeInterpreter | FunctionCalls | Retrieval | Text

/**
 * A text in the pieces in which the emulator streams it: joined they are the text again.
 *
 * @since 0.1.0
 * @category combinators
 */
export const pieces: (text: string) => ReadonlyArray<string> = tokens.pieces

/**
 * A text that is complete from the start.
 *
 * @since 0.1.0
 * @category constructors
 */
export const text = (value: string, ending: Partial<Ending> = {}): Reply =>
  textStream(Stream.fromIterable(pieces(value)), () => ending)

/**
 * A text that comes in pieces. `ending` is called after the last of them. Default: a complete text without citations.
 *
 * @since 0.1.0
 * @category constructors
 */
export const textStream = (
  pieces: Stream.Stream<string, ModelError>,
  ending: () => Partial<Ending> = () => ({})
): Reply => ({
  _tag: "Text",
  pieces,
  ending: () => ({ citations: [], files: [], isWhole: true, ...ending() })
})

/**
 * Functions to call, with their arguments as JSON.
 *
 * @since 0.1.0
 * @category constructors
 */
export const functionCalls = (...calls: FunctionCalls["calls"]): Reply => ({ _tag: "FunctionCalls", calls })

/**
 * A search in the files.
 *
 * @since 0.1.0
 * @category constructors
 */
export const retrieval: Reply = { _tag: "Retrieval" }

/**
 * Code, and what it wrote.
 *
 * @since 0.1.0
 * @category constructors
 */
export const codeInterpreter = (input: string, logs: string): Reply => ({ _tag: "CodeInterpreter", input, logs })

// -----------------------------------------------------------------------------
// service
// -----------------------------------------------------------------------------

/**
 * Replies to prompts.
 *
 * @since 0.1.0
 * @category models
 */
export interface Service {
  readonly reply: (prompt: Prompt) => Effect.Effect<Reply, ModelError>
  /**
   * Default: false, which means that replies take time: a run is worked on as soon as it is queued, and a request that reads
   * it does not wait.
   *
   * With true, each status of a run lasts 0.75 seconds, or until a request has read the run, its messages, its steps or its
   * lock. So polling sees each status.
   */
  readonly isImmediate?: boolean | undefined
}

/**
 * @example
 * import { Emulator, Model } from "@effect-openai/emulator"
 * import { Effect, Layer } from "effect"
 *
 * const OpenAiTest = Emulator.layer({
 *   model: Layer.succeed(Model.Model, { reply: () => Effect.succeed(Model.text("42")) })
 * })
 *
 * @since 0.1.0
 * @category context
 */
export class Model extends Context.Tag("@effect-openai/emulator/Model")<Model, Service>() {}

const constructors = { codeInterpreter, functionCalls, retrieval, text }

/**
 * The built-in model. By the last user message, it
 *
 * - calls the functions that the message names, with arguments from the message that fit their JSON Schema, and then quotes
 *   their outputs
 * - runs code with the tool `code_interpreter`, where the message asks for arithmetic or for a file
 * - cites the line of a file that has the most words of the message, with the tool `retrieval`
 * - repeats the message, where none of these applies
 *
 * @since 0.1.0
 * @category layers
 */
export const layerScripted: Layer.Layer<Model> = Layer.succeed(Model, {
  reply: scripted.make(constructors),
  isImmediate: true
})

/**
 * The built-in model, where the seed chooses what the message does not say: arguments of functions and JSON, among all values
 * that fit their JSON Schema. They are the same in each run. Without a seed they are the smallest values.
 *
 * @example
 * import { Emulator, Ids, Model } from "@effect-openai/emulator"
 *
 * const OpenAiTest = Emulator.layer({ ids: Ids.layerSeeded(7), model: Model.layerSeeded(7) })
 *
 * @since 0.1.0
 * @category layers
 */
export const layerSeeded = (seed: string | number): Layer.Layer<Model> =>
  Layer.succeed(Model, { reply: scripted.make(constructors, seed), isImmediate: true })
