import type { ChatCompletions } from "@effect-openai/client"
import * as ChatStream from "@effect-openai/client/ChatStream"
import type * as OpenAiError from "@effect-openai/client/OpenAiError"
import type * as Response from "@effect/ai/Response"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import type { Memory } from "./memory.js"
import * as Parts from "./parts.js"

type Chunk = ChatCompletions.CreateChatCompletionStreamResponse
type Part = Response.StreamPartEncoded

/** The calls of one stream so far. */
class Calls {
  /** The IDs under which calls began. Some servers send an ID after the name. */
  private readonly begun = new Map<ChatStream.Choice["index"], Array<string>>()

  /** What a chunk adds to the calls of a choice. */
  partsOf(before: ChatStream.Choice | undefined, after: ChatStream.Choice, added: ReadonlyArray<string>): Array<Part> {
    const ids = this.begun.get(after.index) ?? []
    this.begun.set(after.index, ids)
    return after.tool_calls.flatMap((call, position): Array<Part> => {
      const { arguments: args, name } = call.function
      if (name === "") return []
      const begins = ids[position] === undefined
      const id = ids[position] ??= call.id
      const length = begins ? 0 : before?.tool_calls[position]?.function.arguments.length ?? 0
      // A slice of a long text that grows copies all of it.
      const delta = args.length === length
        ? ""
        : added.length === 1 && !begins
        ? added[0]!
        : args.slice(length)
      return [
        ...(begins ? [{ type: "tool-params-start" as const, id, name }] : []),
        ...(delta === "" ? [] : [{ type: "tool-params-delta" as const, id, delta }])
      ]
    })
  }

  /** The message of a choice, with the IDs under which its calls began. */
  messageOf(choice: ChatStream.Choice): ChatStream.Choice {
    const ids = this.begun.get(choice.index) ?? []
    return {
      ...choice,
      tool_calls: choice.tool_calls.map((call, position) => ({ ...call, id: ids[position] ?? call.id }))
    }
  }
}

/** The parts of one stream. */
class State {
  private readonly calls = new Calls()
  private snapshot = ChatStream.empty
  private isNamed = false
  private open: { readonly type: "text" | "reasoning"; readonly id: string } | undefined
  private opened = 0
  private tier: Pick<Chunk, "service_tier" | "system_fingerprint"> = {}

  constructor(private readonly memory: Memory) {}

  private close(): Array<Part> {
    const { open } = this
    this.open = undefined
    return open === undefined ? [] : [{ type: `${open.type}-end`, id: open.id }]
  }

  /** The next part of a text. It ends what another type began. */
  private text(type: "text" | "reasoning", delta: string): Array<Part> {
    if (delta === "") return []
    const parts = this.open?.type === type ? [] : this.close()
    if (this.open === undefined) {
      this.open = { type, id: `${type}-${this.opened++}` }
      parts.push({ type: `${type}-start`, id: this.open.id })
    }
    parts.push({ type: `${type}-delta`, id: this.open.id, delta })
    return parts
  }

  /** The parts of a chunk. */
  add(chunk: Chunk): Array<Part> {
    const before = this.snapshot
    const after = this.snapshot = ChatStream.apply(before, chunk)
    this.tier = {
      service_tier: chunk.service_tier ?? this.tier.service_tier,
      system_fingerprint: chunk.system_fingerprint ?? this.tier.system_fingerprint
    }
    const parts: Array<Part> = []
    if (!this.isNamed && after.id) {
      this.isNamed = true
      parts.push(Parts.metadata({ id: after.id, model: after.model, created: chunk.created }))
    }
    for (const { delta, index = 0 } of chunk.choices ?? []) {
      if (delta === undefined) continue
      parts.push(...this.text("reasoning", Parts.reasoningOf(delta)), ...this.text("text", delta.content ?? ""))
      const choice = after.choices.find((choice) => choice.index === index)
      if (choice === undefined || (delta.tool_calls ?? []).length === 0) continue
      const added = (delta.tool_calls ?? []).map((call) => call.function?.arguments ?? "")
      parts.push(
        ...this.calls.partsOf(before.choices.find((choice) => choice.index === index), choice, added)
      )
    }
    return parts
  }

  /** Ends texts, and emits the calls: all arguments are complete only now. */
  get end(): Effect.Effect<Array<Part>, OpenAiError.ToolCallError> {
    return Effect.gen(this, function*() {
      const parts = this.close()
      for (const { refusal } of this.snapshot.choices) {
        if (refusal === "") continue
        const id = `text-${this.opened++}`
        parts.push({ type: "text-start", id }, { type: "text-end", id, metadata: { openai: { refusal } } })
      }
      for (const choice of this.snapshot.choices.map((choice) => this.calls.messageOf(choice))) {
        for (const call of choice.tool_calls) {
          const part = yield* Parts.toolCall(call.id, call)
          parts.push({ type: "tool-params-end", id: call.id }, part)
        }
        this.memory.remember(ChatStream.message(choice))
      }
      return parts
    })
  }

  /** The last part. */
  get finish(): Part {
    const { choices, usage } = this.snapshot
    const reason = choices.findLast(({ finish_reason }) => finish_reason)?.finish_reason
    const hasCalls = choices.some(({ tool_calls }) => tool_calls.length > 0)
    return Parts.finish(Parts.finishReason(reason, hasCalls), usage, this.tier)
  }
}

/**
 * Returns the parts of the chunks. Calls are emitted after the last chunk, so that none runs whose response fails. The last part
 * is not in their chunk of the stream, so that the results of the calls come before it.
 */
export const make = <E, R>(
  chunks: Stream.Stream<Chunk, E, R>,
  memory: Memory
): Stream.Stream<Part, E | OpenAiError.ToolCallError, R> =>
  Stream.suspend(() => {
    const state = new State(memory)
    return chunks.pipe(
      Stream.mapConcat((chunk) => state.add(chunk)),
      Stream.concat(Stream.unwrap(Effect.map(Effect.suspend(() => state.end), Stream.fromIterable))),
      Stream.concat(Stream.sync(() => state.finish))
    )
  })
