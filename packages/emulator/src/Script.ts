/**
 * A model that replies as a script says: replies by turn, parallel and malformed calls of functions, delays, failures and
 * cut texts, as data for a file of JSON.
 *
 * @since 0.1.0
 */
import type * as FileSystem from "@effect/platform/FileSystem"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import * as JsonFile from "./internal/jsonFile.js"
import * as Model from "./Model.js"

// -----------------------------------------------------------------------------
// replies
// -----------------------------------------------------------------------------

const delay_ms = Schema.optional(
  Schema.NonNegativeInt.annotations({
    description: "Default: 0. How long the model takes before it replies, in milliseconds."
  })
)

/**
 * A text, as one string or in pieces. `is_cut` says that the model ran out of tokens: the run ends with
 * `incomplete_details`, a chat completion with `finish_reason` `length`.
 *
 * @since 0.1.0
 * @category replies
 */
export const TextReply = Schema.Struct({
  type: Schema.Literal("text"),
  text: Schema.Union(Schema.String, Schema.Array(Schema.String)).annotations({
    description: "The text; as a list, the pieces in which it is streamed."
  }),
  piece_delay_ms: Schema.optional(
    Schema.NonNegativeInt.annotations({
      description: "Default: 0. How long each piece takes, in milliseconds."
    })
  ),
  is_cut: Schema.optional(Schema.Boolean),
  files: Schema.optional(
    Schema.Array(Schema.Struct({
      marker: Schema.NonEmptyString.annotations({ description: "The part of the text that refers to the file." }),
      filename: Schema.NonEmptyString,
      content: Schema.String
    })).annotations({ description: "Files that the model wrote. A run's message has them." })
  ),
  delay_ms
})

/**
 * Functions to call, several of them in parallel.
 *
 * @since 0.1.0
 * @category replies
 */
export const FunctionCallsReply = Schema.Struct({
  type: Schema.Literal("function_calls"),
  calls: Schema.NonEmptyArray(Schema.Struct({
    name: Schema.NonEmptyString,
    arguments: Schema.Union(
      Schema.String.annotations({ description: "The arguments as they are sent, be they malformed." }),
      Schema.Record({ key: Schema.String, value: Schema.Unknown })
    )
  })),
  delay_ms
})

/**
 * A search in the files.
 *
 * @since 0.1.0
 * @category replies
 */
export const RetrievalReply = Schema.Struct({ type: Schema.Literal("retrieval"), delay_ms })

/**
 * Code, and what it wrote.
 *
 * @since 0.1.0
 * @category replies
 */
export const CodeInterpreterReply = Schema.Struct({
  type: Schema.Literal("code_interpreter"),
  input: Schema.String,
  logs: Schema.String,
  delay_ms
})

/**
 * A failure: a run's `last_error`; for a chat completion 500, 429 or 400.
 *
 * @since 0.1.0
 * @category replies
 */
export const ErrorReply = Schema.Struct({
  type: Schema.Literal("error"),
  code: Schema.Literal("server_error", "rate_limit_exceeded", "invalid_prompt"),
  message: Schema.String,
  delay_ms
})

/**
 * What the model replies.
 *
 * @since 0.1.0
 * @category replies
 */
export const Reply = Schema.Union(TextReply, FunctionCallsReply, RetrievalReply, CodeInterpreterReply, ErrorReply)

/**
 * @since 0.1.0
 * @category replies
 */
export type Reply = Schema.Schema.Type<typeof Reply>

// -----------------------------------------------------------------------------
// script
// -----------------------------------------------------------------------------

/**
 * When a turn is played: all conditions given here must be met.
 *
 * @since 0.1.0
 * @category models
 */
export const When = Schema.Struct({
  message: Schema.optional(
    Schema.String.annotations({ description: "A text that the last message of the user's has in it, in any case." })
  ),
  instructions: Schema.optional(
    Schema.String.annotations({ description: "A text that the instructions have in them, in any case." })
  ),
  model: Schema.optional(Schema.String.annotations({ description: "The model that is asked." })),
  turn: Schema.optional(
    Schema.Positive.pipe(Schema.int()).annotations({
      description: "How many messages of the user's the conversation has, the last one counted."
    })
  )
})

/**
 * @since 0.1.0
 * @category models
 */
export interface When extends Schema.Schema.Type<typeof When> {}

/**
 * What is replied to one message: one reply after the other, each when what the one before asked for is done, so that a
 * text comes last.
 *
 * @since 0.1.0
 * @category models
 */
export const Turn = Schema.Struct({ when: Schema.optional(When), replies: Schema.NonEmptyArray(Reply) })

/**
 * @since 0.1.0
 * @category models
 */
export interface Turn extends Schema.Schema.Type<typeof Turn> {}

/**
 * A script: the first turn that fits is played. Where no turn fits, or the last reply of a turn was played already, the
 * model that is built in replies, or the request fails with `server_error`.
 *
 * @since 0.1.0
 * @category models
 */
export const Script = Schema.Struct({
  turns: Schema.Array(Turn),
  otherwise: Schema.optional(
    Schema.Literal("built_in", "error").annotations({ description: "Default: `built_in`." })
  )
}).annotations({ identifier: "Script" })

/**
 * @since 0.1.0
 * @category models
 */
export interface Script extends Schema.Schema.Type<typeof Script> {}

/**
 * A file that can't be read, or is not a script.
 *
 * @since 0.1.0
 * @category errors
 */
export class ScriptError extends Data.TaggedError("ScriptError")<{
  /** What is wrong, `turns[0].replies[1].code` say; empty where all of it is. */
  readonly field: string
  readonly message: string
}> {}

// -----------------------------------------------------------------------------
// playing
// -----------------------------------------------------------------------------

const has = (text: string, part: string | undefined): boolean =>
  part === undefined || text.toLowerCase().includes(part.toLowerCase())

const fits = ({ instructions, message, model, turn }: When, prompt: Model.Prompt): boolean => {
  const said = prompt.messages.filter(({ role }) => role === "user")
  return has(said.at(-1)?.content ?? "", message) && has(prompt.instructions, instructions) &&
    (model === undefined || model === prompt.model) && (turn === undefined || turn === said.length)
}

/** How many calls of tools a reply makes. */
const callsOf = (reply: Reply): number => {
  switch (reply.type) {
    case "function_calls":
      return reply.calls.length
    case "retrieval":
    case "code_interpreter":
      return 1
    case "text":
    case "error":
      return 0
  }
}

/** The reply that is due after so many calls. Only they are counted, so that a script continues after a restart. */
const due = ({ replies }: Turn, calls: number): Reply | undefined => {
  let made = 0
  for (const reply of replies) {
    if (made >= calls) return reply
    made += callsOf(reply)
  }
  return undefined
}

const takesTime = (reply: Reply): boolean =>
  reply.delay_ms !== undefined || (reply.type === "text" && reply.piece_delay_ms !== undefined)

const wait = (millis: number | undefined) => millis === undefined ? Effect.void : Effect.sleep(millis)

const play = (reply: Reply): Effect.Effect<Model.Reply, Model.ModelError> => {
  switch (reply.type) {
    case "text": {
      const { files = [], is_cut, piece_delay_ms, text } = reply
      const fullText = typeof text === "string" ? text : text.join("")
      const ending = {
        isWhole: is_cut !== true,
        files: files.map((file) => ({ ...file, start: fullText.indexOf(file.marker) })).filter(({ start }) =>
          start >= 0
        )
      }
      if (typeof text === "string" && piece_delay_ms === undefined) return Effect.succeed(Model.text(text, ending))
      const pieces = typeof text === "string" ? Model.pieces(text) : text
      return Effect.succeed(Model.textStream(
        Stream.fromIterable(pieces).pipe(Stream.rechunk(1), Stream.tap(() => wait(piece_delay_ms))),
        () => ending
      ))
    }
    case "function_calls":
      return Effect.succeed(Model.functionCalls(...reply.calls.map(({ arguments: given, name }) => ({
        name,
        arguments: typeof given === "string" ? given : JSON.stringify(given)
      }))))
    case "retrieval":
      return Effect.succeed(Model.retrieval)
    case "code_interpreter":
      return Effect.succeed(Model.codeInterpreter(reply.input, reply.logs))
    case "error":
      return Effect.fail(new Model.ModelError({ code: reply.code, message: reply.message }))
  }
}

/**
 * The model that plays a script. Where no turn fits, the built-in model replies, or another that is given.
 *
 * @example
 * import { Emulator, Script } from "@effect-openai/emulator"
 *
 * const OpenAiTest = Emulator.layer({
 *   model: Script.layer({
 *     turns: [
 *       {
 *         when: { message: "weather" },
 *         replies: [
 *           { type: "function_calls", calls: [{ name: "get_weather", arguments: { city: "Lisbon" } }] },
 *           { type: "text", text: "It is warm." }
 *         ]
 *       },
 *       { replies: [{ type: "error", code: "rate_limit_exceeded", message: "Too fast." }] }
 *     ]
 *   })
 * })
 *
 * @since 0.1.0
 * @category layers
 */
export const layer = (
  { otherwise, turns }: Script,
  builtIn: Layer.Layer<Model.Model> = Model.layerScripted
): Layer.Layer<Model.Model> =>
  Layer.effect(
    Model.Model,
    Effect.map(Model.Model, (builtIn): Model.Service => ({
      isImmediate: builtIn.isImmediate === true && !turns.some(({ replies }) => replies.some(takesTime)),
      reply: (prompt) => {
        const turn = turns.find(({ when = {} }) => fits(when, prompt))
        const reply = turn && due(turn, prompt.toolCalls.length)
        if (reply !== undefined) return Effect.zipRight(wait(reply.delay_ms), play(reply))
        return otherwise === "error"
          ? Effect.fail(new Model.ModelError({ code: "server_error", message: "The script has no reply to this." }))
          : builtIn.reply(prompt)
      }
    }))
  ).pipe(Layer.provide(builtIn))

/**
 * The model that plays the script of a file of JSON. Where no turn fits, the built-in model replies, or another that is
 * given.
 *
 * @since 0.1.0
 * @category layers
 */
export const layerFile = (
  path: string,
  builtIn?: Layer.Layer<Model.Model>
): Layer.Layer<Model.Model, ScriptError, FileSystem.FileSystem> =>
  Layer.unwrapEffect(
    JsonFile.read(path, Script, "{ \"turns\": [ … ] }").pipe(
      Effect.mapError(({ field, message }) => new ScriptError({ field, message })),
      Effect.map((script) => layer(script, builtIn))
    )
  )
