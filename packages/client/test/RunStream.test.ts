import { RunStream } from "@effect-openai/client"
import type { AssistantStream, Messages, RunSteps } from "@effect-openai/core"
import { Tolerant } from "@effect-openai/core"
import { assert, describe, it } from "@effect/vitest"
import { Chunk, Effect, FastCheck as fc, Stream } from "effect"
import * as Conversation from "./utils/conversation.js"

type Event = AssistantStream.AssistantStreamEvent

const { message, run, step, text } = Conversation

const final = (...events: ReadonlyArray<Event>) => Effect.runSync(RunStream.final(Stream.make(...events)))

const writes = (content: Messages.MessageDelta["delta"]["content"], id = "msg_1"): Event => ({
  event: "thread.message.delta",
  data: { id, object: "thread.message.delta", delta: { content } }
})

const begins = (id = "msg_1"): Event => ({ event: "thread.message.created", data: message(id) })

const value = (value: string, index = 0) => ({ index, type: "text" as const, text: { value } })

const calls = (
  ...tool_calls: NonNullable<
    Extract<RunSteps.RunStepDelta["delta"]["step_details"], { type: "tool_calls" }>["tool_calls"]
  >
): Event => ({
  event: "thread.run.step.delta",
  data: {
    id: "step_1",
    object: "thread.run.step.delta",
    delta: { step_details: { type: "tool_calls", tool_calls } }
  }
})

const working: Event = {
  event: "thread.run.step.created",
  data: step("step_1", { type: "tool_calls", tool_calls: [] })
}

const detailsOf = (snapshot: RunStream.Snapshot) => snapshot.steps[0]?.step_details

describe("17: RunStream", () => {
  it.effect("adds up a run: thread, status, messages and steps", () =>
    Effect.gen(function*() {
      const created = step("step_1", { type: "message_creation", message_creation: { message_id: "msg_1" } })
      const completed = { ...message("msg_1", [text("Hello")]), status: "completed" as const }
      const thread = { id: "thread_1", object: "thread" as const, created_at: 1, metadata: {} }
      const events = Stream.make<Array<Event>>(
        { event: "thread.created", data: thread },
        { event: "thread.run.created", data: run() },
        { event: "thread.run.in_progress", data: run("in_progress") },
        { event: "thread.run.step.created", data: created },
        begins(),
        writes([value("Hel")]),
        { event: Tolerant.unknown("thread.run.dreaming"), data: { id: "run_1" } },
        writes([value("lo")]),
        { event: "thread.message.completed", data: completed },
        { event: "thread.run.step.completed", data: { ...created, status: "completed" } },
        { event: "thread.run.completed", data: run("completed") }
      )
      assert.deepStrictEqual(yield* RunStream.final(events), {
        thread,
        run: run("completed"),
        messages: [completed],
        steps: [{ ...created, status: "completed" }]
      })
      const all = Chunk.toReadonlyArray(yield* Stream.runCollect(RunStream.accumulate(events)))
      assert.deepStrictEqual(all.map(({ run }) => run?.status), [
        undefined,
        "queued",
        ...Array.from({ length: 8 }, () => "in_progress"),
        "completed"
      ] as ReadonlyArray<any>) // `any`: a status may be one that is not documented.
      assert.deepStrictEqual(all[7]!.messages, [message("msg_1", [text("Hello")])])
      assert.deepStrictEqual(Chunk.toReadonlyArray(yield* Stream.runCollect(RunStream.text(events))), ["Hel", "lo"])
    }))

  it("returns an empty snapshot for an empty stream", () => assert.deepStrictEqual(final(), RunStream.empty))

  it("adds up interleaved messages and parts", () => {
    const { messages } = final(
      begins("msg_1"),
      begins("msg_2"),
      writes([value("a")], "msg_1"),
      writes([value("x")], "msg_2"),
      writes([value("b"), value("1", 1)], "msg_1"),
      writes([value("2", 1)], "msg_1"),
      writes([value("c")], "msg_1"),
      writes([value("y")], "msg_2")
    )
    assert.deepStrictEqual(messages, [
      message("msg_1", [text("abc"), text("12")]),
      message("msg_2", [text("xy")])
    ])
  })

  it("keeps the positions of annotations and images", () => {
    const citation = {
      type: "file_citation" as const,
      text: "[1]",
      file_citation: { file_id: "file-1", quote: "q" },
      start_index: 0,
      end_index: 3
    }
    const { messages } = final(
      begins(),
      writes([{ index: 0, type: "text", text: { value: "[1]", annotations: [{ index: 0, ...citation }] } }]),
      writes([{ index: 0, type: "text", text: { annotations: [{ index: 1, ...citation, text: "[2]" }] } }]),
      writes([{ index: 1, type: "image_file", image_file: { file_id: "file-2" } }])
    )
    assert.deepStrictEqual(messages[0]!.content, [
      { type: "text", text: { value: "[1]", annotations: [citation, { ...citation, text: "[2]" }] } },
      { type: "image_file", image_file: { file_id: "file-2" } }
    ])
  })

  it("joins function calls, also interleaved ones", () => {
    const snapshot = final(
      working,
      calls({ index: 0, id: "a", type: "function", function: { name: "one", arguments: "" } }),
      calls({ index: 1, id: "b", type: "function" }),
      calls({ index: 0, type: "function", function: { arguments: "{\"x\"" } }),
      calls(
        { index: 1, type: "function", function: { name: "two", arguments: "{" } },
        { index: 0, type: "function", function: { arguments: ":1}" } }
      ),
      calls({ index: 1, type: "function", function: { arguments: "}" } }),
      calls({ index: 0, type: "function", function: { output: "done" } })
    )
    assert.deepStrictEqual(detailsOf(snapshot), {
      type: "tool_calls",
      tool_calls: [
        { id: "a", type: "function", function: { name: "one", arguments: "{\"x\":1}", output: "done" } },
        { id: "b", type: "function", function: { name: "two", arguments: "{}", output: null } }
      ]
    })
  })

  it("adds up code, its outputs, and retrieval", () => {
    const snapshot = final(
      working,
      calls({ index: 0, id: "a", type: "code_interpreter" }),
      calls({ index: 0, type: "code_interpreter", code_interpreter: { input: "print(" } }),
      calls({ index: 0, type: "code_interpreter", code_interpreter: { input: "1)" } }),
      calls({
        index: 0,
        type: "code_interpreter",
        code_interpreter: { outputs: [{ index: 0, type: "logs", logs: "1" }] }
      }),
      calls({
        index: 0,
        type: "code_interpreter",
        code_interpreter: {
          outputs: [{ index: 0, type: "logs", logs: "\n" }, { index: 1, type: "image", image: { file_id: "file-1" } }]
        }
      }),
      calls({ index: 1, id: "b", type: "retrieval" })
    )
    assert.deepStrictEqual(detailsOf(snapshot), {
      type: "tool_calls",
      tool_calls: [
        {
          id: "a",
          type: "code_interpreter",
          code_interpreter: {
            input: "print(1)",
            outputs: [{ type: "logs", logs: "1\n" }, { type: "image", image: { file_id: "file-1" } }]
          }
        },
        { id: "b", type: "retrieval", retrieval: {} }
      ]
    })
  })

  it("complete in its first piece", () => {
    const snapshot = final(
      working,
      calls({
        index: 0,
        id: "a",
        type: "code_interpreter",
        code_interpreter: { input: "1", outputs: [{ index: 0, type: "logs", logs: "1" }] }
      })
    )
    assert.deepStrictEqual(detailsOf(snapshot), {
      type: "tool_calls",
      tool_calls: [
        { id: "a", type: "code_interpreter", code_interpreter: { input: "1", outputs: [{ type: "logs", logs: "1" }] } }
      ]
    })
  })

  it("ignores a delta of an unknown object", () =>
    assert.deepStrictEqual(final(writes([value("a")]), calls({ index: 0, type: "function" })), RunStream.empty))

  it("does not mutate a snapshot", () => {
    const first = RunStream.apply(RunStream.empty, begins())
    const second = RunStream.apply(first, writes([value("a")]))
    RunStream.apply(second, writes([value("b")]))
    assert.deepStrictEqual(second.messages, [message("msg_1", [text("a")])])
    assert.deepStrictEqual(first.messages, [message()])
  })

  const parts = fc.array(fc.array(fc.string({ unit: "grapheme" }), { minLength: 1, maxLength: 5 }), { maxLength: 4 })
  const order = fc.infiniteStream(fc.nat())
  it.prop("adds up text that is split anywhere and interleaved", { parts, order }, ({ order, parts }) => {
    const next = order[Symbol.iterator]()
    // The first deltas are in order, the others in any order.
    const events = parts.map(([first], index) => writes([value(first!, index)]))
    const queues = parts.map(([, ...rest], index) => rest.map((piece) => writes([value(piece, index)])))
    for (;;) {
      const left = queues.filter((queue) => queue.length > 0)
      if (left.length === 0) break
      events.push(left[next.next().value! % left.length]!.shift()!)
    }
    assert.deepStrictEqual(
      final(begins(), ...events).messages[0]!.content,
      parts.map((pieces) => text(pieces.join("")))
    )
  })

  for (const event of ["thread.run.incomplete", Tolerant.unknown("thread.run.suspended")] as const) {
    it(`takes the run of the last event, ${event}`, () => {
      const last = run("incomplete", { incomplete_details: { reason: "content_filter" } })
      const { run: ended } = final(
        { event: "thread.run.created", data: run() },
        { event: "thread.run.in_progress", data: run("in_progress") },
        { event, data: last } as Event
      )
      assert.deepStrictEqual(ended, last)
    })
  }

  it("ignores an undocumented event whose data is not a run", () => {
    const { run: last } = final(
      { event: "thread.run.created", data: run() },
      { event: Tolerant.unknown("thread.run.dreaming"), data: { object: "thread.run" } },
      { event: Tolerant.unknown("ping"), data: null }
    )
    assert.deepStrictEqual(last, run())
  })
})
