import type * as Runs from "@effect-openai/core/Runs"
import type * as RunSteps from "@effect-openai/core/RunSteps"
import type * as Tolerant from "@effect-openai/core/Tolerant"
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Mailbox from "effect/Mailbox"
import * as Stream from "effect/Stream"
import { Ids } from "../../Ids.js"
import type * as Model from "../../Model.js"
import * as Store from "../../Store.js"
import { Tokenizer } from "../../Tokenizer.js"
import { now, type Run, runs, type RunStep, runSteps } from "../documents.js"
import { forEachChunk } from "../streams.js"
import { promptTokens } from "../tokens.js"
import * as billed from "./billed.js"
import { ask, broken, promptOf, tamed } from "./prompt.js"
import { type Emit, type Event, report, type Reported } from "./run.js"
import { RunEvents } from "./runEvents.js"
import { endWith, stepDelta, toolStep, whileAtWork } from "./steps.js"
import { tokensLeft, usageOf } from "./usage.js"
import { write } from "./writing.js"

// How the replies of a model change a run.

/** How many replies a run may take before it fails: a model may never end. */
const maxTurns = 50

/** Runs a tool of the server. */
const useTool = (
  run: Run,
  call: Tolerant.Documented<RunSteps.CodeInterpreterToolCall> | Tolerant.Documented<RunSteps.RetrievalToolCall>,
  emit: Emit
) =>
  whileAtWork(run, emit, () =>
    Effect.gen(function*() {
      const tokenizer = yield* Tokenizer
      const [step, created] = yield* toolStep(run)
      const completed = {
        ...step,
        status: "completed" as const,
        completed_at: yield* now,
        step_details: { type: "tool_calls" as const, tool_calls: [call] },
        usage: usageOf(
          promptTokens(tokenizer, yield* promptOf(run)),
          tokenizer.count(JSON.stringify(call), run.model)
        )
      }
      yield* billed.end(run, completed)
      return [undefined, [
        ...created,
        ...toolDeltas(step, call),
        { event: "thread.run.step.completed", data: completed }
      ]] as const
    }))

const toolDeltas = (
  step: RunStep,
  call: Parameters<typeof useTool>[1]
): ReadonlyArray<Event> => {
  if (call.type === "retrieval") return [stepDelta(step, { index: 0, ...call })]
  const { code_interpreter: { input, outputs }, id, type } = call
  return [
    stepDelta(step, { index: 0, id, type, code_interpreter: { input: "", outputs: [] } }),
    stepDelta(step, { index: 0, type, code_interpreter: { input } }),
    stepDelta(step, {
      index: 0,
      type,
      code_interpreter: {
        outputs: outputs.map((output, index) =>
          ({ index, ...output }) as RunSteps.CodeInterpreterLogsDelta | RunSteps.CodeInterpreterImageDelta
        )
      }
    })
  ]
}

/** Asks the caller to run functions. */
const requireAction = (run: Run, { calls }: Model.FunctionCalls, emit: Emit) =>
  Effect.gen(function*() {
    const store = yield* Store.Store
    // A part of a call is not a call.
    const { count, tokenize } = yield* Tokenizer
    const written = calls.reduce((sum, call) => sum + count(call.name, run.model) + count(call.arguments, run.model), 0)
    if (written > (yield* tokensLeft(run))) {
      return yield* endWith(run, "completed", emit, { incomplete: "max_completion_tokens" })
    }
    const ids = yield* Ids
    const toolCalls = yield* Effect.forEach(calls, (call) =>
      Effect.map(ids.next("call_"), (id): Runs.RunToolCall => ({ id, type: "function", function: call })))
    yield* whileAtWork(run, emit, (run) =>
      Effect.gen(function*() {
        const [step, created] = yield* toolStep(run)
        yield* store.set(runSteps, {
          ...step,
          step_details: {
            type: "tool_calls",
            tool_calls: toolCalls.map((call): Tolerant.Documented<RunSteps.FunctionToolCall> => ({
              ...call,
              function: { ...call.function, output: null }
            }))
          }
        })
        const waiting: Run = {
          ...run,
          status: "requires_action",
          required_action: { type: "submit_tool_outputs", submit_tool_outputs: { tool_calls: toolCalls } }
        }
        yield* store.set(runs, waiting)
        return [undefined, [
          ...created,
          ...toolCalls.flatMap((call, index) =>
            callDeltas(step, call, index, tokenize(call.function.arguments, run.model))
          ),
          { event: "thread.run.requires_action", data: waiting }
        ]] as const
      }))
  })

const callDeltas = (
  step: RunStep,
  { function: { name }, id, type }: Runs.RunToolCall,
  index: number,
  pieces: ReadonlyArray<string>
): ReadonlyArray<Event> => [
  stepDelta(step, { index, id, type, function: { name, arguments: "", output: null } }),
  ...pieces.filter((piece) => piece !== "").map((piece) =>
    stepDelta(step, { index, type, function: { arguments: piece } })
  )
]

/** Applies a reply. Returns whether the model must be asked again. */
const act = (run: Run, reply: Model.Reply, emit: Emit) =>
  Effect.gen(function*() {
    const callId = Effect.flatMap(Ids, (ids) => ids.next("call_"))
    switch (reply._tag) {
      case "Text":
        yield* write(run, reply, emit)
        return false
      case "FunctionCalls":
        yield* requireAction(run, reply, emit)
        return false
      case "Retrieval":
        yield* useTool(run, { id: yield* callId, type: "retrieval", retrieval: {} }, emit)
        return true
      case "CodeInterpreter": {
        const { input, logs } = reply
        const code_interpreter = { input, outputs: [{ type: "logs" as const, logs }] }
        yield* useTool(run, { id: yield* callId, type: "code_interpreter", code_interpreter }, emit)
        return true
      }
    }
  })

/** Reads a reply to its end, so that what follows takes no time. */
const buffered = (reply: Model.Reply): Effect.Effect<Model.Reply, Model.ModelError> =>
  reply._tag === "Text"
    ? Effect.suspend(() => {
      let text = ""
      const collected = forEachChunk(reply.pieces, (pieces) =>
        Effect.sync(() => {
          text += Chunk.join(pieces, "")
        }))
      return Effect.map(tamed(collected), () => ({ ...reply, pieces: Stream.make(text) }))
    })
    : Effect.succeed(reply)

/** How many pieces of a model wait while others are written. */
const maxWaiting = 256

/** Where a write takes a while, the pieces that come meanwhile are written together. */
const joined = (reply: Model.Reply): Model.Reply =>
  reply._tag === "Text"
    ? {
      ...reply,
      pieces: Stream.unwrapScoped(
        Effect.map(Mailbox.fromStream(reply.pieces, { capacity: maxWaiting }), Mailbox.toStream)
      )
    }
    : reply

/** All changes of a reply in one transaction. */
const actAtOnce = (run: Run, reply: Model.Reply, emit: Emit) =>
  report(
    emit,
    Effect.suspend(() => {
      const events: Array<Event> = []
      const collect: Emit = (some) =>
        Effect.sync(() => {
          events.push(...some)
          return Effect.void
        })
      return Effect.map(act(run, reply, collect), (goesOn): Reported<boolean> => [goesOn, events])
    })
  )

/**
 * Takes a run from `in_progress` to its end, or to where the caller must act. Each change is emitted when it is made, or all
 * changes of a reply are made together.
 */
export const work = (run: Run, emit: Emit, isTogether: boolean) =>
  Effect.gen(function*() {
    const { isShared } = yield* RunEvents
    for (let turn = 0; turn < maxTurns; turn++) {
      const prompt = yield* promptOf(run)
      if (promptTokens(yield* Tokenizer, prompt) > (run.max_prompt_tokens ?? Infinity)) {
        return yield* endWith(run, "completed", emit, { incomplete: "max_prompt_tokens" })
      }
      const reply = yield* ask(prompt)
      const goesOn = isTogether
        ? yield* Effect.flatMap(buffered(reply), (reply) => actAtOnce(run, reply, emit))
        : yield* act(run, isShared ? joined(reply) : reply, emit)
      if (!goesOn) return
    }
    return yield* broken
  }).pipe(
    Effect.catchTag("ModelError", (error) => endWith(run, "failed", emit, { last_error: error })),
    Effect.catchTag("Stopped", () => Effect.void)
  )
