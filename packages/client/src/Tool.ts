/**
 * Functions that a model may ask for: a Schema for the arguments, and an Effect for the work.
 *
 * @since 0.1.0
 */
import type * as Common from "@effect-openai/core/Common"
import * as JsonSchema from "@effect-openai/core/JsonSchema"
import * as OpenAiError from "@effect-openai/core/OpenAiError"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { describeIssue, shorten } from "./internal/response/issue.js"

/**
 * A function that a model may ask for.
 *
 * @since 0.1.0
 * @category models
 */
export interface Tool<out E = never, out R = never> {
  /** The kind of tool, as requests name it. */
  readonly type: "function"
  /** Its name, its description and its parameters, as requests describe it. */
  readonly function: Common.FunctionObject
  /** Decodes the arguments that the model wrote, and does the work. */
  readonly call: (args: string) => Effect.Effect<unknown, E | InvalidArgumentsError, R>
}

/**
 * The arguments that the model wrote do not fit the tool's Schema.
 *
 * @since 0.1.0
 * @category errors
 */
export class InvalidArgumentsError extends Data.TaggedError("InvalidArgumentsError")<{
  readonly field: string
  readonly message: string
}> {}

// Of no tool at all, nothing: only a parameter of its own is distributed over.
type ErrorOf<T> = T extends Tool<infer E, any> ? E : never

type ContextOf<T> = T extends Tool<any, infer R> ? R : never

/**
 * What any of some tools can fail with.
 *
 * @since 0.1.0
 * @category type-level
 */
export type Error<Tools extends ReadonlyArray<Tool<any, any>>> = ErrorOf<Tools[number]>

/**
 * What any of some tools needs.
 *
 * @since 0.1.0
 * @category type-level
 */
export type Context<Tools extends ReadonlyArray<Tool<any, any>>> = ContextOf<Tools[number]>

/**
 * What running some tools can fail with.
 *
 * @since 0.1.0
 * @category type-level
 */
export type RunError<Tools extends ReadonlyArray<Tool<any, any>>, OnError extends "fail" | "output"> = OnError extends
  "output" ? never : Error<Tools> | OpenAiError.ToolCallError

/**
 * What a model asks for: a call of a function, its arguments as JSON.
 *
 * @since 0.1.0
 * @category models
 */
export interface ToolCall {
  readonly id: string
  readonly function: { readonly name: string; readonly arguments: string }
}

/**
 * What a call came to, for the model to read.
 *
 * @since 0.1.0
 * @category models
 */
export interface ToolOutput {
  readonly tool_call_id: string
  readonly output: string
}

/**
 * How calls are handled.
 *
 * @since 0.1.0
 * @category models
 */
export interface Options<OnError extends "fail" | "output" = "fail" | "output"> {
  /**
   * What becomes of a call that fails, names no tool, or has arguments that do not fit: `fail` ends all of it with that
   * error, `output` tells the model, which may do better; `fail` unless told.
   */
  readonly onError?: OnError | undefined
  /** How many calls run at a time; all of them unless told. */
  readonly concurrency?: number | "unbounded" | undefined
}

/**
 * A function for a model. Its parameters' JSON Schema is derived from the Schema, and its arguments are decoded by it. What
 * the handler answers is sent as it is where it is a string, else as JSON.
 *
 * Like `JsonSchema.fromSchema` it throws where the Schema has no JSON form.
 *
 * @example
 * import { Tool } from "@effect-openai/client"
 * import { Effect, Schema } from "effect"
 *
 * const weather = Tool.make("get_weather", {
 *   description: "The weather in a city",
 *   parameters: Schema.Struct({ city: Schema.String }),
 *   handler: ({ city }) => Effect.succeed({ city, celsius: 21 })
 * })
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = <A, I, RS, E, R>(
  name: string,
  options: {
    readonly description?: string | undefined
    readonly parameters: Schema.Schema<A, I, RS>
    readonly strict?: boolean | undefined
    readonly handler: (args: A) => Effect.Effect<unknown, E, R>
  }
): Tool<E, R | RS> => {
  const parse = Schema.decode(Schema.parseJson(options.parameters))
  const decode = (args: string) =>
    Effect.mapError(
      // Models write nothing at all where a function takes no arguments.
      parse(args.trim() === "" ? "{}" : args),
      (error) => new InvalidArgumentsError(describeIssue(error.issue))
    )
  return {
    type: "function",
    function: {
      name,
      ...(options.description === undefined ? {} : { description: options.description }),
      parameters: JsonSchema.fromSchema(options.parameters),
      ...(options.strict === undefined ? {} : { strict: options.strict })
    },
    call: (args) => Effect.flatMap(decode(args), options.handler)
  }
}

/**
 * What requests list as `tools`.
 *
 * @since 0.1.0
 * @category accessors
 */
export const definitions = (
  tools: ReadonlyArray<Tool<any, any>>
): ReadonlyArray<{ readonly type: "function"; readonly function: Common.FunctionObject }> =>
  tools.map((tool) => ({ type: tool.type, function: tool.function }))

/** What has no JSON, a function say, is nothing; what JSON can't say, a bigint or a circle say, it throws. */
const asOutput = (value: unknown): string => typeof value === "string" ? value : JSON.stringify(value) ?? ""

/**
 * Runs the calls that a model asks for, and gives their outputs in the same order. A call that names no tool, whose
 * arguments do not fit, or whose answer is no JSON, is a `ToolCallError`.
 *
 * @since 0.1.0
 * @category running
 */
export const run = <const Tools extends ReadonlyArray<Tool<any, any>>, OnError extends "fail" | "output" = "fail">(
  tools: Tools,
  calls: ReadonlyArray<ToolCall>,
  options?: Options<OnError> & { readonly operation?: string | undefined }
): Effect.Effect<
  ReadonlyArray<ToolOutput>,
  RunError<Tools, OnError>,
  Context<Tools>
> => {
  const one = (call: ToolCall): Effect.Effect<ToolOutput, unknown, any> => {
    const fault = (message: string) =>
      new OpenAiError.ToolCallError({
        operation: options?.operation ?? "runTools",
        functionName: call.function.name,
        toolCallId: call.id,
        message
      })
    const tool = tools.find((tool) => tool.function.name === call.function.name)
    const output: Effect.Effect<unknown, unknown, any> = tool === undefined
      ? fault(`The model asks for ${shorten(call.function.name)}, which is none of the tools`)
      : Effect.mapError(
        tool.call(call.function.arguments),
        (error: unknown) =>
          error instanceof InvalidArgumentsError
            ? fault(
              `The arguments of ${call.function.name} do not fit at ${error.field || "their root"}: ${error.message}`
            )
            : error
      )
    return output.pipe(
      Effect.flatMap((value) =>
        Effect.try({
          try: () => asOutput(value),
          catch: (cause) => fault(`What ${call.function.name} answers is no JSON: ${shorten(String(cause))}`)
        })
      ),
      options?.onError === "output" ? Effect.catchAll((error) => Effect.succeed(errorOutput(error))) : (self) => self,
      Effect.map((output) => ({ tool_call_id: call.id, output }))
    )
  }
  // `any`: which tool is called is known by its name alone, and which errors are left depends on an option.
  return Effect.forEach(calls, one, { concurrency: options?.concurrency ?? "unbounded" }) as any
}

const errorOutput = (error: unknown): string =>
  JSON.stringify({
    error: error instanceof globalThis.Error && error.message !== ""
      ? error.message
      : typeof error === "object" && error !== null && "_tag" in error
      ? String(error._tag)
      : String(error)
  })
