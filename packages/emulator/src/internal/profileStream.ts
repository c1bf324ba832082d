import type { Change } from "../Profile.js"
import * as Fields from "./fields.js"
import * as Sse from "./sse.js"

type Chunk = Fields.Members

/** A step that every chunk goes through. It can hold chunks back. */
interface Step {
  readonly push: (chunk: Chunk) => ReadonlyArray<Chunk>
  readonly end: () => ReadonlyArray<Chunk>
}

const choiceOf = ({ choices }: Chunk): Fields.Members | undefined =>
  Array.isArray(choices) && Fields.isObject(choices[0]) ? choices[0] : undefined

const deltaOf = (chunk: Chunk): Fields.Members | undefined => {
  const delta = choiceOf(chunk)?.["delta"]
  return Fields.isObject(delta) ? delta : undefined
}

const isFinish = (chunk: Chunk): boolean => (choiceOf(chunk)?.["finish_reason"] ?? null) !== null

// -----------------------------------------------------------------------------
// steps
// -----------------------------------------------------------------------------

/** Joins the pieces of each call. */
const wholeCalls = (): Step => {
  let calls = new Map<string, { readonly chunk: Chunk; readonly called: Fields.Members }>()
  const end = () => {
    const chunks = Array.from(calls.values(), ({ chunk }) => chunk)
    calls = new Map()
    return chunks
  }
  return {
    end,
    push: (chunk) => {
      const pieces = deltaOf(chunk)?.["tool_calls"]
      if (!Array.isArray(pieces)) return [...end(), chunk]
      for (const piece of pieces.filter(Fields.isObject)) {
        const key = `${choiceOf(chunk)?.["index"]} ${piece["index"]}`
        const { function: called } = piece
        if (!Fields.isObject(called)) continue
        const known = calls.get(key)?.called
        if (known === undefined) {
          const choice = { ...choiceOf(chunk), delta: { tool_calls: [piece] } }
          calls.set(key, { chunk: { ...chunk, choices: [choice] }, called })
        } else known["arguments"] = `${known["arguments"] ?? ""}${called["arguments"] ?? ""}`
      }
      return []
    }
  }
}

/** Holds one chunk back, and can join the next one to it. */
const joining = (
  isKept: (chunk: Chunk) => boolean,
  join: (kept: Chunk, next: Chunk) => boolean
): Step => {
  let kept: Chunk | undefined
  const end = () => {
    const chunks = kept === undefined ? [] : [kept]
    kept = undefined
    return chunks
  }
  return {
    end,
    push: (chunk) => {
      if (kept !== undefined && join(kept, chunk)) return end()
      const before = end()
      if (!isKept(chunk)) return [...before, chunk]
      kept = chunk
      return before
    }
  }
}

const earlyFinish = (): Step =>
  joining((chunk) => !isFinish(chunk) && typeof deltaOf(chunk)?.["content"] === "string", (kept, next) => {
    const choice = choiceOf(kept)
    if (!isFinish(next) || choice === undefined) return false
    choice["finish_reason"] = choiceOf(next)!["finish_reason"]
    return true
  })

const usageAtFinish = (): Step =>
  joining(isFinish, (kept, { choices, usage }) => {
    if (!Array.isArray(choices) || choices.length > 0) return false
    kept["usage"] = usage
    return true
  })

const each = (change: (chunk: Chunk) => Chunk): Step => ({ push: (chunk) => [change(chunk)], end: () => [] })

const usageInChoices = (): Step =>
  each((chunk) =>
    Array.isArray(chunk["choices"]) && chunk["choices"].length === 0 && Fields.isObject(chunk["usage"])
      ? { ...chunk, choices: [{ index: 0, delta: { role: "assistant", content: "" }, finish_reason: null }] }
      : chunk
  )

const unrequestedUsage = (): Step =>
  each((chunk) => {
    if (chunk["usage"] === null) delete chunk["usage"]
    return chunk
  })

/** Inserts chunks between the others. */
const inserting = (inserts: ReadonlyArray<Extract<Change, { readonly type: "insert" }>>): Step => {
  let around: Chunk | undefined
  const at = (place: "start" | "after_first" | "end") =>
    inserts.filter(({ at }) => at === place).map(({ chunk, inherits }) => {
      const { usage: _, ...known } = around ?? {}
      return structuredClone(inherits === true ? { ...known, ...chunk } : { ...chunk })
    })
  return {
    push: (chunk) => {
      if (around !== undefined) return [chunk]
      around = chunk
      return [...at("start"), chunk, ...at("after_first")]
    },
    end: () => at("end")
  }
}

const steps = (changes: ReadonlyArray<Change>, isUsageRequested: boolean): ReadonlyArray<Step> => [
  ...changes.flatMap((change): ReadonlyArray<Step> => {
    switch (change.type) {
      case "whole_calls":
        return [wholeCalls()]
      case "early_finish":
        return [earlyFinish()]
      case "usage":
        return change.at === "choices"
          ? [usageInChoices()]
          : isUsageRequested
          ? [usageAtFinish()]
          : [usageAtFinish(), unrequestedUsage()]
      default:
        return []
    }
  }),
  inserting(changes.filter((change) => change.type === "insert"))
]

// -----------------------------------------------------------------------------
// stream
// -----------------------------------------------------------------------------

/** Rewrites the events of a chat as the server writes them. */
export class ChunkStream {
  private readonly steps: ReadonlyArray<Step>
  private readonly lineBreak: string
  private buffer = ""
  private events = 0

  constructor(
    private readonly changes: ReadonlyArray<Change>,
    isUsageRequested: boolean,
    /** An error in the server's own form, if it has one. */
    private readonly errorEvent: (error: Fields.Members) => string | undefined
  ) {
    this.steps = steps(changes, isUsageRequested)
    this.lineBreak = changes.find((change) => change.type === "line_break")?.value ?? "\n"
  }

  /** The rewritten events that are complete with this text. */
  push(text: string): string {
    const events = (this.buffer + text).split("\n\n")
    this.buffer = events.pop()!
    return events.map((event) => this.event(event)).join("")
  }

  /** The rest: an incomplete event. */
  end(): string {
    return this.buffer
  }

  private event(text: string): string {
    const data = text.replace(/^data: /, "")
    if (data === "[DONE]") {
      const isSilent = this.changes.some(({ type }) => type === "no_done")
      return this.write(this.flush()) + (isSilent ? "" : this.format(Sse.format(undefined, data)))
    }
    const json = Fields.parse(data)
    if (!Fields.isObject(json)) return this.format(`${text}\n\n`)
    const { error } = json
    return Fields.isObject(error)
      ? this.write(this.flush()) + this.format(this.errorEvent(error) ?? Sse.format(undefined, data))
      : this.write(this.through(json, 0))
  }

  private through(chunk: Chunk, from: number): ReadonlyArray<Chunk> {
    return this.steps.slice(from).reduce<ReadonlyArray<Chunk>>((chunks, step) => chunks.flatMap(step.push), [chunk])
  }

  private flush(): ReadonlyArray<Chunk> {
    return this.steps.flatMap((step, index) => step.end().flatMap((chunk) => this.through(chunk, index + 1)))
  }

  private write(chunks: ReadonlyArray<Chunk>): string {
    return chunks.map((chunk) => {
      const json = Fields.edit(this.changes, "chunk", chunk, this.events === 0)
      return this.format(Sse.format(undefined, JSON.stringify(json)))
    }).join("")
  }

  private format(event: string): string {
    const first = this.events++ === 0
    const beat = (at: "start" | "after_first") =>
      this.changes.map((change) => change.type === "heartbeat" && change.at === at ? change.text : "").join("")
    return (first ? beat("start") + event + beat("after_first") : event).replaceAll("\n", this.lineBreak)
  }
}
