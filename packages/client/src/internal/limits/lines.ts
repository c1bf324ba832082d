import type { Bucket } from "./bucket.js"
import type { Line } from "./line.js"

/** So many lines are kept without a look at whether they are used. */
const minimum = 64

/**
 * The lines of all clients of a layer. A model can be any text of a program, so a line is removed once a new one would behave
 * the same: all of its limits have room again, and no response counts any more.
 */
export class Lines {
  private readonly lines = new Map<string, { readonly line: Line; readonly ownKey: string }>()
  /** The limits of the options. Requests without a model share them, each operation in its own line. */
  private readonly own = new Map<string, ReadonlyArray<Bucket>>()
  private nextSweep = minimum

  all(): ReadonlyArray<Line> {
    return Array.from(this.lines.values(), ({ line }) => line)
  }

  get(key: string, now: number): Line | undefined {
    const line = this.lines.get(key)?.line
    line?.use(now)
    return line
  }

  /** Adds a line with the limits under a key. */
  add(
    key: string,
    ownKey: string,
    now: number,
    makeOwn: () => ReadonlyArray<Bucket>,
    makeLine: (own: ReadonlyArray<Bucket>) => Line
  ): Line {
    if (this.lines.size >= this.nextSweep) this.removeUnused(now)
    let own = this.own.get(ownKey)
    if (own === undefined) this.own.set(ownKey, own = makeOwn())
    const line = makeLine(own)
    this.lines.set(key, { line, ownKey })
    line.use(now)
    return line
  }

  private removeUnused(now: number): void {
    const used = new Set<string>()
    for (const [key, { line, ownKey }] of this.lines) {
      if (line.isUnused(now)) this.lines.delete(key)
      else used.add(ownKey)
    }
    for (const key of this.own.keys()) if (!used.has(key)) this.own.delete(key)
    // A look at all of them for each that is added would be quadratic.
    this.nextSweep = Math.max(minimum, 2 * this.lines.size)
  }
}
