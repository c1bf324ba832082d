import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Predicate from "effect/Predicate"
import * as Stream from "effect/Stream"
import * as Tracer from "effect/Tracer"
import { errorTypeOf } from "./telemetry.js"

// The spans of tools and of loops, by the semantic conventions for generative AI.

const optionsOf = (operation: string, attributes: Readonly<Record<string, unknown>>): Tracer.SpanOptions => ({
  kind: "internal",
  captureStackTrace: false,
  attributes: { "gen_ai.operation.name": operation, ...attributes }
})

/** Sets `error.type`. An error of a handler can be any value. */
const annotate = (span: Tracer.Span, exit: Exit.Exit<unknown, unknown>): void => {
  const errorType = errorTypeOf(
    Exit.mapError(exit, (error) => ({ _tag: Predicate.hasProperty(error, "_tag") ? String(error._tag) : "_OTHER" }))
  )
  if (errorType !== undefined) span.attribute("error.type", errorType)
}

// The casts: the types remove the span from the requirements, and no handler requires it.

const withSpan =
  (name: string, options: Tracer.SpanOptions) => <A, E, R>(self: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
    Effect.useSpan(
      name,
      options,
      (span) => Effect.onExit(Effect.withParentSpan(self, span), (exit) => Effect.sync(() => annotate(span, exit)))
    ) as any

/** Adds the span of the execution of a tool. */
export const executeTool = (
  tool: { readonly name: string; readonly description?: string | undefined },
  callId: string
) =>
<A, E, R>(self: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
  withSpan(
    `execute_tool ${tool.name}`,
    optionsOf("execute_tool", {
      "gen_ai.tool.type": "function",
      "gen_ai.tool.name": tool.name,
      "gen_ai.tool.call.id": callId,
      ...(tool.description === undefined ? {} : { "gen_ai.tool.description": tool.description })
    })
  )(self)

const agent = optionsOf("invoke_agent", { "gen_ai.provider.name": "openai" })

/** Adds the span of a loop of requests and tools. */
export const invokeAgent: <A, E, R>(self: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R> = withSpan(
  "invoke_agent",
  agent
)

/** Adds the span of a loop whose events are a Stream. */
export const invokeAgentStream = <A, E, R>(self: Stream.Stream<A, E, R>): Stream.Stream<A, E, R> =>
  Stream.unwrapScoped(
    Effect.flatMap(Effect.makeSpanScoped("invoke_agent", agent), (span) =>
      Effect.as(
        Effect.addFinalizer((exit) => Effect.sync(() => annotate(span, exit))),
        Stream.provideService(self, Tracer.ParentSpan, span)
      ))
  ) as any
