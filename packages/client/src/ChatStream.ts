/**
 * What the chunks of a streamed chat completion add up to: its text as it grows, and in the end the completion.
 *
 * @since 0.1.0
 */
import type * as ChatCompletions from "@effect-openai/core/ChatCompletions"
import type * as Effect from "effect/Effect"
import * as Predicate from "effect/Predicate"
import * as Stream from "effect/Stream"
import type { RunToolsEvent } from "./ChatCompletions.js"
import { setField } from "./internal/fields.js"

type Chunk = ChatCompletions.CreateChatCompletionStreamResponse
type ChunkChoice = NonNullable<Chunk["choices"]>[number]
type ToolCallChunk = NonNullable<NonNullable<ChunkChoice["delta"]>["tool_calls"]>[number]

/**
 * A tool call so far. Its arguments are complete JSON at the end of the choice. It also has the fields of its chunks that
 * are not documented, which `Extra.get` returns.
 *
 * @since 0.1.0
 * @category models
 */
export interface ToolCall {
  /** The server's index of the call. It may differ from the position in the list. */
  readonly index: number | undefined
  /** The client's own where the server sends none. */
  readonly id: string
  readonly type: NonNullable<ToolCallChunk["type"]>
  readonly function: { readonly name: string; readonly arguments: string }
}

/**
 * A choice so far. It also has the fields of its deltas that are not documented, such as `reasoning_content`, which
 * `Extra.get` returns: texts and lists are joined, objects are combined, and of anything else the last is kept.
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
  /** The content as parts, if the server sent parts. */
  readonly content_parts?: ReadonlyArray<unknown>
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

type Members = Readonly<Record<string, unknown>>

/** Fields that name something. They are not joined, even if they are sent repeatedly. */
const names: ReadonlySet<string> = new Set(["id", "type", "name", "format", "index", "role", "provider", "model"])

/** Adds fields that are not documented. */
const addOthers = <A extends object>(self: A, others: Members): A => {
  const entries = Object.entries(others)
  if (entries.length === 0) return self
  const next: Record<string, unknown> = { ...self as Members }
  for (const [name, value] of entries) {
    if (value === undefined || value === null) continue
    const before = next[name]
    const joined = Array.isArray(before) && Array.isArray(value)
      ? [...before, ...value]
      : Predicate.isReadonlyRecord(before) && Predicate.isReadonlyRecord(value)
      ? addOthers(before, value)
      : typeof before === "string" && typeof value === "string" && !names.has(name)
      ? before + value
      : value
    setField(next, name, joined)
  }
  return next as A
}

/** The prefix of IDs for calls whose server sends none. */
const ownPrefix = "call_without_id_"

/** How far the arguments of a call were read, so that no character is read twice. */
interface Progress {
  readonly depth: number
  readonly isInString: boolean
  readonly isEscaped: boolean
  /** Whether the brackets that were opened are closed. */
  readonly isComplete: boolean
}

const unread: Progress = { depth: 0, isInString: false, isEscaped: false, isComplete: false }

const advance = (self: Progress, text: string): Progress => {
  let { depth, isComplete, isEscaped, isInString } = self
  for (const char of text) {
    if (isEscaped) isEscaped = false
    else if (isInString) {
      if (char === "\\") isEscaped = true
      else if (char === "\"") isInString = false
    } else if (char === "\"") isInString = true
    else if (char === "{" || char === "[") depth++
    else if ((char === "}" || char === "]") && --depth <= 0) isComplete = true
  }
  return { depth, isInString, isEscaped, isComplete: isComplete && depth <= 0 }
}

const progress = new WeakMap<ToolCall, Progress>()

const progressOf = (call: ToolCall): Progress => progress.get(call) ?? advance(unread, call.function.arguments)

/** The last call for each ID and index, so that the chunks of a large event find theirs without a search. */
class ToolCalls {
  private readonly byId = new Map<string, number>()
  private readonly byIndex = new Map<number | undefined, number>()
  /** Those without an ID of the server. */
  private readonly ownByIndex = new Map<number | undefined, number>()
  private lastOwn = -1

  constructor(readonly calls: Array<ToolCall>) {
    calls.forEach((call, at) => this.note(call, at))
  }

  private note({ id, index }: ToolCall, at: number): void {
    this.byIndex.set(index, Math.max(at, this.byIndex.get(index) ?? -1))
    if (!id.startsWith(ownPrefix)) this.byId.set(id, Math.max(at, this.byId.get(id) ?? -1))
    else {
      this.ownByIndex.set(index, Math.max(at, this.ownByIndex.get(index) ?? -1))
      this.lastOwn = Math.max(at, this.lastOwn)
    }
  }

  /** The position of the last call with this ID or, where either has none, with this index. -1 without such a call. */
  find(id: string, index: number | undefined): number {
    if (id === "") return index === undefined ? this.calls.length - 1 : this.byIndex.get(index) ?? -1
    const own = index === undefined ? this.lastOwn : this.ownByIndex.get(index) ?? -1
    return Math.max(this.byId.get(id) ?? -1, isOwn(this.calls[own]) ? own : -1)
  }

  put(call: ToolCall, at: number): void {
    this.calls[at] = call
    this.note(call, at)
  }
}

const isOwn = (call: ToolCall | undefined): boolean => call?.id.startsWith(ownPrefix) === true

/**
 * Adds a chunk to the call that it continues: by its ID, which some servers send in every chunk in addition to an index that is
 * always 0 or missing; else by its index; else to the last call. Without an ID, a chunk with a name begins a new call where
 * the arguments so far are complete, or belong to another name.
 */
const applyToolCall = (all: ToolCalls, chunk: ToolCallChunk, idOf: (position: number) => string): void => {
  const { function: called, id = "", index, type, ...others } = chunk
  const { arguments: args = "", name = "", ...othersOfFunction } = called ?? {}
  const { calls } = all
  const begins = (call: ToolCall) => {
    const { arguments: before, name: known } = call.function
    return id === "" && name !== "" && known !== "" && before !== "" &&
      (name !== known || (args !== "" && progressOf(call).isComplete))
  }
  const found = all.find(id, index)
  const at = calls[found] === undefined || begins(calls[found]) ? calls.length : found
  const self: ToolCall = calls[at] ??
    { index, id: id || idOf(calls.length), type: "function", function: { name: "", arguments: "" } }
  const next = addOthers<ToolCall>({
    ...self,
    id: id !== "" && isOwn(self) ? id : self.id,
    type: type ?? self.type,
    function: addOthers({
      ...self.function,
      // Servers that send the ID in every chunk send the name too.
      name: name === self.function.name ? name : self.function.name + name,
      arguments: self.function.arguments + args
    }, othersOfFunction)
  }, others)
  progress.set(next, advance(progressOf(self), args))
  all.put(next, at)
}

const applyToolCalls = (
  calls: ReadonlyArray<ToolCall>,
  chunks: ReadonlyArray<ToolCallChunk>,
  idOf: (position: number) => string
): ReadonlyArray<ToolCall> => {
  if (chunks.length === 0) return calls
  const all = new ToolCalls([...calls])
  for (const chunk of chunks) applyToolCall(all, chunk, idOf)
  return all.calls
}

const textParts = (text: string | null | undefined): ReadonlyArray<unknown> => text ? [{ type: "text", text }] : []

const applyChoice = (
  self: Choice,
  { delta = {}, finish_reason }: ChunkChoice,
  completion: string | undefined
): Choice => {
  const { content, content_parts, function_call: _, refusal, role: __, tool_calls = [], ...others } = delta
  const idOf = (position: number) => `${ownPrefix}${completion ?? ""}_${self.index}_${position}`
  return addOthers<Choice>({
    ...self,
    content: self.content + (content ?? ""),
    // Text becomes a part as soon as there are parts.
    ...(self.content_parts === undefined && content_parts === undefined ? {} : {
      content_parts: [...self.content_parts ?? textParts(self.content), ...content_parts ?? textParts(content)]
    }),
    refusal: self.refusal + (refusal ?? ""),
    tool_calls: applyToolCalls(self.tool_calls, tool_calls, idOf),
    finish_reason: finish_reason ?? self.finish_reason
  }, others)
}

/** The choices, with those of a chunk added, in order of their indexes. */
const applyChoices = (
  self: ReadonlyArray<Choice>,
  chunks: ReadonlyArray<ChunkChoice>,
  completion: string | undefined
): ReadonlyArray<Choice> => {
  if (chunks.length === 0) return self
  const choices = new Map(self.map((choice) => [choice.index, choice]))
  for (const chunk of chunks) {
    const index = chunk.index ?? 0
    const begun = choices.get(index) ??
      { index, content: "", refusal: "", tool_calls: [], finish_reason: undefined }
    choices.set(index, applyChoice(begun, chunk, completion))
  }
  const all = Array.from(choices.values())
  return choices.size === self.length ? all : all.sort((one, other) => one.index - other.index)
}

/**
 * Adds a chunk to a snapshot. Any chunk may have `usage`, with or without choices. It takes time in proportion to the
 * chunk and to the number of choices and tool calls so far.
 *
 * @since 0.1.0
 * @category combinators
 */
export const apply = (self: Snapshot, chunk: Chunk): Snapshot => ({
  // A first chunk that only reports filters has empty text in both.
  id: self.id || chunk.id,
  model: self.model || chunk.model,
  usage: chunk.usage ?? self.usage,
  choices: applyChoices(self.choices, chunk.choices ?? [], self.id || chunk.id)
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
 * Returns the message of a choice, for the messages of the next request. It has all that the server sent, fields that are
 * not documented included.
 *
 * @example
 * import { ChatCompletions, ChatStream } from "@effect-openai/client"
 * import { Effect } from "effect"
 *
 * const request: ChatCompletions.CreateRequest = {
 *   model: "deepseek-reasoner",
 *   messages: [{ role: "user", content: "How long is a day on Mars?" }]
 * }
 *
 * const next = ChatStream.final(ChatCompletions.create.stream(request)).pipe(
 *   Effect.map(({ choices }): ChatCompletions.CreateRequest => ({
 *     ...request,
 *     messages: [...request.messages, ...choices.slice(0, 1).map(ChatStream.message)]
 *   }))
 * )
 *
 * @since 0.1.0
 * @category destructors
 */
export const message = (
  { content, finish_reason: _, index: __, refusal, tool_calls, ...others }: Choice
): ChatCompletions.ResponseMessage => ({
  ...others,
  role: "assistant",
  content: content === "" && (refusal !== "" || tool_calls.length > 0) ? null : content,
  ...(refusal === "" ? {} : { refusal }),
  ...(tool_calls.length === 0 ? {} : { tool_calls: tool_calls.map(responseCall) })
})

/** A call of another type has its content in another field than `function`. */
const responseCall = (
  { function: called, index: _, type, ...others }: ToolCall
): NonNullable<ChatCompletions.ResponseMessage["tool_calls"]>[number] =>
  type === "function" ? { ...others, type, function: called } : { ...others, type }

const chunkOf = (item: Chunk | RunToolsEvent): Partial<Chunk> =>
  !("event" in item) ? item : item.event === "chat.completion.chunk" ? item.data : {}

/**
 * Emits the text of one choice as it is received, by its index. It takes chunks, or the events of a tool loop.
 *
 * @since 0.1.0
 * @category combinators
 */
export const textOf =
  (index: number) => <E, R>(chunks: Stream.Stream<Chunk | RunToolsEvent, E, R>): Stream.Stream<string, E, R> =>
    Stream.mapConcat(
      chunks,
      (item) =>
        (chunkOf(item).choices ?? []).flatMap((choice) =>
          (choice.index ?? 0) === index && choice.delta?.content ? choice.delta.content : []
        )
    )

/**
 * Emits the text of the first choice as it is received. It takes chunks, or the events of a tool loop.
 *
 * @example
 * import { ChatCompletions, ChatStream } from "@effect-openai/client"
 * import { Console, Stream } from "effect"
 *
 * const poem = ChatCompletions.create.stream({
 *   model: "gpt-4o",
 *   messages: [{ role: "user", content: "Write a poem." }]
 * }).pipe(ChatStream.text, Stream.runForEach((text) => Console.log(text)))
 *
 * @since 0.1.0
 * @category combinators
 */
export const text: <E, R>(chunks: Stream.Stream<Chunk | RunToolsEvent, E, R>) => Stream.Stream<string, E, R> = textOf(0)
