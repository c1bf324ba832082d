import * as Effect from "effect/Effect"
import type { ModelError, SearchableFile } from "../Model.js"

/** A line of a file. */
export interface Passage {
  readonly fileId: string
  readonly filename: string
  readonly quote: string
}

const maxQuote = 300

const wordsOf = (text: string): ReadonlySet<string> => new Set(text.toLowerCase().match(/[\p{L}\p{N}]{4,}/gu))

/** The lines of files that have words of a text, those with the most first, and so many at most. */
export const search = (
  files: ReadonlyArray<SearchableFile>,
  text: string,
  limit: number
): Effect.Effect<ReadonlyArray<Passage>, ModelError> =>
  Effect.gen(function*() {
    const words = wordsOf(text)
    if (words.size === 0) return []
    const found: Array<Passage & { readonly score: number }> = []
    for (const file of files) {
      for (const line of (yield* file.text).split("\n")) {
        let score = 0
        for (const word of wordsOf(line)) if (words.has(word)) score++
        if (score === 0) continue
        found.push({ score, fileId: file.id, filename: file.filename, quote: line.trim().slice(0, maxQuote) })
      }
    }
    return found.sort((one, other) => other.score - one.score).slice(0, limit)
  })
