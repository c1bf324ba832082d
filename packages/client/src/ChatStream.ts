/**
 * What the chunks of a streamed chat completion add up to: its text as it grows, and in the end the completion.
 *
 * @since 0.1.0
 */
import type * as ChatCompletions from "@effect-openai/core/ChatCompletions"
import type * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"

type Chunk = ChatCompletions.CreateChatCompletionStreamResponse
type ChunkChoice = NonNullable<Chunk["choices"]>[number]
type ToolCallChunk = NonNullable<NonNullable<ChunkChoice["delta"]>["tool_calls"]>[number]

/**
 * A tool call so far. Its arguments are complete JSON at the end of the choice.
 *
 * @since 0.1.0
 * @category models
 */
export interface ToolCall {
  /** The server's index of the call. It may differ from the position in the list. */
  readonly index: number | undefined
  readonly id: string
  readonly type: "function"
  readonly function: { readonly name: string; readonly arguments: string }
}

/**
 * A choice so far.
 *
 * @since 0.1.0
 * @category models
 */
export interface Choice {
  readonly index: number
  readonly content: string
  readonly refusal: string
  readonly tool_calls: ReadonlyArray<ToolCall>
  readonly finish_reason: ChunkChoice["finish_reason"]
}

/**
 * A completion so far.
 *
 * @since 0.1.0
 * @category models
 */
export interface Snapshot {
  readonly id: string | undefined
  readonly model: string | undefined
  /** Ordered by index. */
  readonly choices: ReadonlyArray<Choice>
  readonly usage: Chunk["usage"]
}

/**
 * The snapshot before the first chunk.
 *
 * @since 0.1.0
 * @category constructors
 */
export const empty: Snapshot = { id: undefined, model: undefined, choices: [], usage: undefined }

/**
 * Adds a chunk to the call that it continues: by its ID, which some servers send in every chunk in addition to an index that is
 * always 0 or missing; else by its index; else to the last call.
 */
const applyToolCall = (calls: ReadonlyArray<ToolCall>, chunk: ToolCallChunk): ReadonlyArray<ToolCall> => {
  const id = chunk.id ?? ""
  const at = calls.findLastIndex((call) =>
    id !== "" && call.id !== "" ? call.id === id : chunk.index === undefined || chunk.index === call.index
  )
  const self = calls[at] ?? { index: chunk.index, id, type: "function", function: { name: "", arguments: "" } }
  const name = chunk.function?.name ?? ""
  const next: ToolCall = {
    ...self,
    id: self.id || id,
    function: {
      // Servers that send the ID in every chunk send the name too.
      name: name === self.function.name ? name : self.function.name + name,
      arguments: self.function.arguments + (chunk.function?.arguments ?? "")
    }
  }
  return at === -1 ? [...calls, next] : calls.with(at, next)
}

const applyChoice = (self: Choice, { delta, finish_reason }: ChunkChoice): Choice => ({
  ...self,
  content: self.content + (delta?.content ?? ""),
  refusal: self.refusal + (delta?.refusal ?? ""),
  tool_calls: (delta?.tool_calls ?? []).reduce(applyToolCall, self.tool_calls),
  finish_reason: finish_reason ?? self.finish_reason
})

/**
 * Adds a chunk to a snapshot. Any chunk may have `usage`, with or without choices.
 *
 * @since 0.1.0
 * @category combinators
 */
export const apply = (self: Snapshot, chunk: Chunk): Snapshot => ({
  // A first chunk that only reports filters has empty text in both.
  id: self.id || chunk.id,
  model: self.model || chunk.model,
  usage: chunk.usage ?? self.usage,
  choices: (chunk.choices ?? []).reduce((choices, choice) => {
    const index = choice.index ?? 0
    const at = choices.findIndex((begun) => begun.index === index)
    if (at !== -1) return choices.with(at, applyChoice(choices[at]!, choice))
    const begun = { index, content: "", refusal: "", tool_calls: [], finish_reason: undefined }
    return [...choices, applyChoice(begun, choice)].sort((one, other) => one.index - other.index)
  }, self.choices)
})

/**
 * Emits a snapshot after each chunk.
 *
 * @since 0.1.0
 * @category combinators
 */
export const accumulate = <E, R>(chunks: Stream.Stream<Chunk, E, R>): Stream.Stream<Snapshot, E, R> =>
  Stream.mapAccum(chunks, empty, (snapshot, chunk) => {
    const next = apply(snapshot, chunk)
    return [next, next]
  })

/**
 * Returns the snapshot after the last chunk.
 *
 * @since 0.1.0
 * @category destructors
 */
export const final = <E, R>(chunks: Stream.Stream<Chunk, E, R>): Effect.Effect<Snapshot, E, R> =>
  Stream.runFold(chunks, empty, apply)

/**
 * Emits the text of one choice as it is received. Default: the first choice.
 *
 * @since 0.1.0
 * @category combinators
 */
export const text = (index = 0) => <E, R>(chunks: Stream.Stream<Chunk, E, R>): Stream.Stream<string, E, R> =>
  Stream.mapConcat(
    chunks,
    (chunk) =>
      (chunk.choices ?? []).flatMap((choice) =>
        (choice.index ?? 0) === index && choice.delta?.content ? choice.delta.content : []
      )
  )
