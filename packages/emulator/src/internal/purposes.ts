import type { ServerError } from "@effect-openai/core/Api"
import type * as Files from "@effect-openai/core/Files"
import * as Jsonl from "@effect-openai/core/Jsonl"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import type * as Store from "../Store.js"
import { refused } from "./errors.js"

// What the purpose of a file says about its name and its content.

type Purpose = Files.CreateFileRequest["purpose"]

/** Checks the name of a file for fine-tuning. Files for batches may have any name. */
export const checkName = (purpose: Purpose, filename: string, param: string): Effect.Effect<void, ServerError> =>
  purpose !== "fine-tune" || filename.endsWith(".jsonl")
    ? Effect.void
    : refused(`Invalid file: a file with the purpose '${purpose}' must be a .jsonl file.`, param)

/** The media types that no file of a purpose has. Other names of types are accepted, because there are many for a format. */
const refusedTypes: Readonly<Record<Purpose, RegExp>> = {
  assistants: /^(?:audio|font|video)\//i,
  batch: /^(?:audio|font|image|video)\//i,
  "fine-tune": /^(?:audio|font|image|video)\//i,
  vision: /^(?:application|audio|font|text|video)\//i
}

/** Checks the media type of an upload. */
export const checkType = (purpose: Purpose, type: string): Effect.Effect<void, ServerError> =>
  refusedTypes[purpose].test(type)
    ? refused(`The MIME type '${type}' is not supported for the purpose '${purpose}'.`, "mime_type", {
      summary: `The MIME type is not supported for the purpose '${purpose}'.`
    })
    : Effect.void

/** The value of a line; undefined where it is not JSON. */
export const parse = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

export const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value)

const isBlank = (text: string): boolean => text.trim() === ""

const notForBatches = refused("Invalid file format for Batch API. Must be .jsonl")

const notForFineTuning = (text: string): ServerError =>
  refused(
    "Expected file to have JSONL format, where every line is a valid JSON dictionary. " +
      `Line starts with: "${text.slice(0, 40)}".`,
    null,
    { summary: "Expected file to have JSONL format, where every line is a valid JSON dictionary." }
  )

/** Checks the content of a file: of one for batches the first line, of one for fine-tuning every line. */
export const checkContent = (
  purpose: Purpose,
  content: Stream.Stream<Uint8Array, Store.StoreError>
): Effect.Effect<void, ServerError | Store.StoreError> => {
  const lines = content.pipe(
    Jsonl.lines({ maxLineBytes: 64 * 1024 * 1024 }),
    Stream.filter(({ text }) => !isBlank(text))
  )
  switch (purpose) {
    case "batch":
      return Stream.runHead(lines).pipe(
        Effect.filterOrFail((line) => Option.isSome(line) && isObject(parse(line.value.text)), () => notForBatches),
        Effect.catchTag("JsonlError", () => notForBatches)
      )
    case "fine-tune":
      return Stream.runForEach(
        lines,
        ({ text }) => isObject(parse(text)) ? Effect.void : Effect.fail(notForFineTuning(text))
      ).pipe(Effect.catchTag("JsonlError", () => notForFineTuning("")))
    default:
      return Effect.void
  }
}
