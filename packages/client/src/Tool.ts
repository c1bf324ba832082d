/**
 * Functions that a model can call: a Schema of the arguments, and an Effect.
 *
 * @since 0.1.0
 */
import type * as Common from "@effect-openai/core/Common"
import * as Json from "@effect-openai/core/Json"
import * as JsonSchema from "@effect-openai/core/JsonSchema"
import * as OpenAiError from "@effect-openai/core/OpenAiError"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import { definition } from "./internal/request/tools.js"
import { describeIssue, shorten } from "./internal/response/issue.js"
import { executeTool } from "./internal/telemetry/tools.js"

/**
 * A function that a model can call. As one of the `tools` of a request it is sent as its definition, as `tool_choice` it is
 * sent as its name. Only `runTools` runs its handler.
 *
 * @since 0.1.0
 * @category models
 */
export interface Tool<out E = never, out R = never> {
  /** The `type` of the tool in requests. */
  readonly type: "function"
  /** Name, description and parameters in requests. */
  readonly function: Common.FunctionObject
  /** Decodes the arguments and runs the handler. */
  readonly call: (args: string) => Effect.Effect<unknown, E | InvalidArgumentsError, R>
}

/**
 * The arguments of a call do not fit the tool's Schema.
 *
 * @since 0.1.0
 * @category errors
 */
export class InvalidArgumentsError extends Data.TaggedError("InvalidArgumentsError")<{
  readonly field: string
  readonly message: string
}> {}

// Aliases with a type parameter distribute over a union, so that no tools have the error `never`.
type ErrorOf<T> = T extends Tool<infer E, any> ? E : never

type ContextOf<T> = T extends Tool<any, infer R> ? R : never

/**
 * The errors of some tools.
 *
 * @since 0.1.0
 * @category type-level
 */
export type Error<Tools extends ReadonlyArray<Tool<any, any>>> = ErrorOf<Tools[number]>

/**
 * The requirements of some tools.
 *
 * @since 0.1.0
 * @category type-level
 */
export type Context<Tools extends ReadonlyArray<Tool<any, any>>> = ContextOf<Tools[number]>

/**
 * A request of `runTools`, without a {@link Tool} in its `tools`: its handler would not run.
 *
 * @since 0.1.0
 * @category type-level
 */
export type WithoutHandlers<Request extends { readonly tools?: unknown }> =
  & Omit<Request, "tools">
  & { readonly tools?: DefinitionsOf<Request["tools"]> }

type DefinitionsOf<Tools> = Tools extends ReadonlyArray<infer Item>
  ? ReadonlyArray<Item & { readonly call?: "Pass tools with handlers as the second argument, or Tool.definitions" }>
  : Tools

/**
 * The errors of {@link run}.
 *
 * @since 0.1.0
 * @category type-level
 */
export type RunError<Tools extends ReadonlyArray<Tool<any, any>>, OnError extends "fail" | "output"> = OnError extends
  "output" ? never : Error<Tools> | OpenAiError.ToolCallError

/**
 * A call of a function by a model. The arguments are JSON.
 *
 * @since 0.1.0
 * @category models
 */
export interface ToolCall {
  readonly id: string
  readonly function: { readonly name: string; readonly arguments: string }
}

/**
 * The output of a call, for the model.
 *
 * @since 0.1.0
 * @category models
 */
export interface ToolOutput {
  readonly tool_call_id: string
  readonly output: string
}

/**
 * A call that is about to run, or the output of one that has run.
 *
 * @since 0.1.0
 * @category models
 */
export type Event =
  | { readonly event: "tool.call"; readonly data: ToolCall }
  | { readonly event: "tool.output"; readonly data: ToolOutput }

/**
 * How calls are run.
 *
 * @since 0.1.0
 * @category models
 */
export interface Options<OnError extends "fail" | "output" = "fail" | "output"> {
  /**
   * Default: `fail`, which fails with the error of a call that fails, has an unknown name, or invalid arguments. `output`
   * sends the error to the model as the output of the call.
   */
  readonly onError?: OnError | undefined
  /** Default: `unbounded`. Maximum number of concurrent calls. */
  readonly concurrency?: number | "unbounded" | undefined
}

/**
 * Makes a tool. The Schema decodes the arguments, and the JSON Schema of the parameters is derived from it. A string that
 * the handler returns is sent unchanged, any other value as JSON.
 *
 * Throws where the Schema has no JSON Schema, like `JsonSchema.fromSchema`.
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
    Json.isTooDeep(args)
      ? new InvalidArgumentsError({ field: "", message: `The arguments nest more than ${Json.maxDepth} levels` })
      : Effect.mapError(
        // Models write an empty text for a function without parameters.
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
 * Returns tools as a request sends them, without their handlers.
 *
 * @since 0.1.0
 * @category accessors
 */
export const definitions = (
  tools: ReadonlyArray<Tool<any, any>>
): ReadonlyArray<{ readonly type: "function"; readonly function: Common.FunctionObject }> => tools.map(definition)

/** Returns an empty text for what has no JSON, for example a function. Throws for a bigint or a cycle. */
const asOutput = (value: unknown): string => typeof value === "string" ? value : JSON.stringify(value) ?? ""

/** Returns the Effect of one call. Its errors depend on an option, and the tool is found by its name. */
const runOne =
  (tools: ReadonlyArray<Tool<any, any>>, options: RunOptions<"fail" | "output"> | undefined) =>
  (call: ToolCall): Effect.Effect<ToolOutput, any, any> => {
    const fault = (message: string) =>
      new OpenAiError.ToolCallError({
        operation: options?.operation ?? "runTools",
        functionName: call.function.name,
        toolCallId: call.id,
        message
      })
    const tool = tools.find((tool) => tool.function.name === call.function.name)
    if (tool === undefined) {
      return orOutput(
        call,
        options,
        fault(`The model called ${shorten(call.function.name)}, which is not one of the tools`)
      )
    }
    const output = tool.call(call.function.arguments).pipe(
      Effect.mapError((error: unknown) =>
        error instanceof InvalidArgumentsError
          ? fault(
            `The arguments of ${call.function.name} do not fit at ${error.field || "their root"}: ${error.message}`
          )
          : error
      ),
      Effect.flatMap((value) =>
        Effect.try({
          try: () => asOutput(value),
          catch: (cause) => fault(`The output of ${call.function.name} is not JSON: ${shorten(String(cause))}`)
        })
      ),
      executeTool(tool.function, call.id)
    )
    return orOutput(call, options, output)
  }

const orOutput = (
  call: ToolCall,
  options: RunOptions<"fail" | "output"> | undefined,
  output: Effect.Effect<string, unknown, any>
): Effect.Effect<ToolOutput, unknown, any> =>
  Effect.map(
    options?.onError === "output" ? Effect.catchAll(output, (error) => Effect.succeed(errorOutput(error))) : output,
    (output) => ({ tool_call_id: call.id, output })
  )

/**
 * Options of {@link run} and {@link stream}.
 *
 * @since 0.1.0
 * @category models
 */
export interface RunOptions<OnError extends "fail" | "output"> extends Options<OnError> {
  /** Default: `runTools`. The operation that the errors name. */
  readonly operation?: string | undefined
}

/**
 * Runs the calls of a model, and returns their outputs in the same order. Fails with `ToolCallError` for a call with an
 * unknown name or invalid arguments, and where an output is not JSON. Each call of a known tool has a span
 * `execute_tool <name>`.
 *
 * @since 0.1.0
 * @category running
 */
export const run = <const Tools extends ReadonlyArray<Tool<any, any>>, OnError extends "fail" | "output" = "fail">(
  tools: Tools,
  calls: ReadonlyArray<ToolCall>,
  options?: RunOptions<OnError>
): Effect.Effect<ReadonlyArray<ToolOutput>, RunError<Tools, OnError>, Context<Tools>> =>
  Effect.forEach(calls, runOne(tools, options), { concurrency: options?.concurrency ?? "unbounded" })

/**
 * Runs the calls of a model like {@link run}, and emits an event for each: first all calls, then each output as soon as it is
 * there.
 *
 * @since 0.1.0
 * @category running
 */
export const stream = <const Tools extends ReadonlyArray<Tool<any, any>>, OnError extends "fail" | "output" = "fail">(
  tools: Tools,
  calls: ReadonlyArray<ToolCall>,
  options?: RunOptions<OnError>
): Stream.Stream<Event, RunError<Tools, OnError>, Context<Tools>> =>
  Stream.concat(
    Stream.fromIterable(calls.map((data): Event => ({ event: "tool.call", data }))),
    Stream.fromIterable(calls).pipe(
      Stream.mapEffect(runOne(tools, options), {
        concurrency: options?.concurrency ?? "unbounded",
        unordered: true
      }),
      Stream.map((data): Event => ({ event: "tool.output", data }))
    )
  )

const errorOutput = (error: unknown): string =>
  JSON.stringify({
    error: error instanceof globalThis.Error && error.message !== ""
      ? error.message
      : typeof error === "object" && error !== null && "_tag" in error
      ? String(error._tag)
      : String(error)
  })
