/** How many choices a completion has: `n`, for each prompt. */
const expected = ({ n, prompt }: { readonly n?: unknown; readonly prompt?: unknown }): number =>
  (typeof n === "number" ? n : 1) * (Array.isArray(prompt) && typeof prompt[0] !== "number" ? prompt.length : 1)

/** Some servers send these in every chunk. */
const noReasons: ReadonlyArray<unknown> = [undefined, null, "", "None", "null"]

/** Which choices of a streamed completion have ended, by their `finish_reason`. */
export class Choices {
  private readonly isFinished = new Map<unknown, boolean>()

  constructor(private readonly request: object) {}

  add({ choices }: { readonly choices?: unknown }): void {
    if (!Array.isArray(choices)) return
    for (let i = 0; i < choices.length; i++) {
      const { finish_reason, index = 0 } = choices[i]
      if (finish_reason !== null && !noReasons.includes(finish_reason)) this.isFinished.set(index, true)
      else if (!this.isFinished.has(index)) this.isFinished.set(index, false)
    }
  }

  /** Whether each choice has ended. */
  get areFinished(): boolean {
    const ends = Array.from(this.isFinished.values())
    return ends.length >= expected(this.request) && ends.every(Boolean)
  }
}
