import * as Contract from "@effect-openai/core/Moderations"
import * as Effect from "effect/Effect"
import * as Record from "effect/Record"
import { Ids } from "../Ids.js"
import { Tokenizer } from "../Tokenizer.js"
import { api } from "./api.js"
import { hash } from "./hash.js"
import * as HttpApiBuilder from "./httpApiBuilder.js"
import { bill } from "./organization/meter.js"
import { RateLimits } from "./rateLimits.js"
import * as Moderations from "./rules/moderations.js"
import { check } from "./rules/rule.js"

/** The words that flag a category. */
const words: { readonly [C in Contract.Category]: RegExp } = {
  "hate": /\b(hate|despise|inferior)\b/i,
  "hate/threatening": /\b(exterminate|wipe (?:them|you) out)\b/i,
  "harassment": /\b(idiot|stupid|loser)\b/i,
  "harassment/threatening": /\b(hurt you|find you|make you pay)\b/i,
  "illicit": /\b(shoplift|counterfeit|launder)\b/i,
  "illicit/violent": /\b(build a bomb|buy a gun|poison)\b/i,
  "self-harm": /\b(suicide|self-harm|cut myself)\b/i,
  "self-harm/intent": /\b(kill myself|end my life)\b/i,
  "self-harm/instructions": /\b(how to (?:cut|kill) (?:myself|yourself))\b/i,
  "sexual": /\b(sex|porn|nude)\b/i,
  "sexual/minors": /\b(?:child|minor)s?\b.*\b(?:sex|porn|nude)\b/i,
  "violence": /\b(kill|murder|attack|bomb)\b/i,
  "violence/graphic": /\b(gore|dismember|blood)\b/i
}

/** Whether a text is in any category. */
export const isFlagged = (text: string): boolean => Object.values(words).some((pattern) => pattern.test(text))

/** From 0 to 0.01, or from 0.9 to 1 if the category is flagged. */
const scoreOf = (category: string, text: string, isFlagged: boolean): number => {
  const fraction = hash(text, hash(category, 0)) / 2 ** 32
  return isFlagged ? 0.9 + fraction / 10 : fraction / 100
}

interface Input {
  readonly text: string
  readonly types: ReadonlyArray<"text" | "image">
}

/** The words of an image's URL decide on the image. */
const inputOf = (part: Contract.TextInput | Contract.ImageInput): Input =>
  part.type === "text"
    ? { text: part.text, types: ["text"] }
    : { text: part.image_url.url.slice(0, 2048).replaceAll(/[^\p{L}\p{N}]+/gu, " "), types: ["image"] }

/** A text and an array of texts have a result for each text. An array of texts and images has one result. */
const inputsOf = ({ input }: Contract.CreateModerationRequest): ReadonlyArray<ReadonlyArray<Input>> => {
  const text = (text: string): ReadonlyArray<Input> => [{ text, types: ["text"] }]
  if (typeof input === "string") return [text(input)]
  return typeof input[0] === "string"
    ? (input as ReadonlyArray<string>).map(text)
    : [(input as ReadonlyArray<Contract.TextInput | Contract.ImageInput>).map(inputOf)]
}

const moderate = (inputs: ReadonlyArray<Input>, model: string): Contract.Moderation => {
  const byCategory = Record.map(words, (pattern, category) => {
    const applied = inputs.map(({ text, types }) => ({
      text,
      types: types.filter((type) => Contract.inputTypes[category].some((known) => known === type))
    })).filter(({ types }) => types.length > 0)
    const text = applied.map(({ text }) => text).join("\n")
    const isFlagged = pattern.test(text)
    return {
      isFlagged,
      score: applied.length === 0 ? 0 : scoreOf(category, text, isFlagged),
      types: [...new Set(applied.flatMap(({ types }) => types))]
    }
  })
  const known = Moderations.isTextModel(model)
    ? Record.filter(byCategory, (_, name) => !name.startsWith("illicit"))
    : byCategory
  const results = known as typeof byCategory
  return {
    flagged: Object.values(known).some(({ isFlagged }) => isFlagged),
    categories: Record.map(results, ({ isFlagged }) => isFlagged),
    category_scores: Record.map(results, ({ score }) => score),
    ...(Moderations.isTextModel(model)
      ? {}
      : { category_applied_input_types: Record.map(results, ({ types }) => types) })
  }
}

export const layer = HttpApiBuilder.group(
  api,
  "Moderations",
  (handlers) =>
    handlers.handle("createModeration", ({ payload }) =>
      Effect.gen(function*() {
        const { model = "omni-moderation-latest" } = payload
        const inputs = inputsOf(payload)
        const images = inputs.flat().filter(({ types }) => types.includes("image")).length
        yield* check(Moderations.rules, { model, images })
        const ids = yield* Ids
        const { count } = yield* Tokenizer
        const texts = inputs.flat().filter(({ types }) => types.includes("text"))
        const read = texts.reduce((sum, { text }) => sum + count(text, model), 0)
        const { admit } = yield* RateLimits
        // Their responses have no headers of limits.
        yield* admit(model, { tokens: read, shown: [] })
        yield* bill({ kind: "moderations", model, input_tokens: read })
        return {
          id: yield* ids.next("modr-"),
          model,
          results: inputs.map((input) => moderate(input, model))
        }
      }))
)
