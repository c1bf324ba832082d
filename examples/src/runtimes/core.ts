import { Assistants, Contract } from "@effect-openai/core"
import * as Api from "@effect-openai/core/Api"
import { Effect, Either, Schema } from "effect"
import { expect, run } from "./calls.js"

/** Reads a response, refuses a request, and derives the OpenAPI document. */
export const check = () =>
  run(Effect.gen(function*() {
    const assistant = yield* Schema.decodeUnknown(Assistants.Assistant)({ id: "asst_1", a_new_field: true })
    yield* expect(assistant.id === "asst_1", "a response is not read")
    const refused = Schema.decodeUnknownEither(Assistants.CreateAssistantRequest)({
      model: "gpt-4o",
      name: "a".repeat(257)
    })
    yield* expect(Either.isLeft(refused), "a request beyond a limit is not refused")
    const operations = Object.values(Api.openApi().paths).reduce((sum, path) => sum + Object.keys(path).length, 0)
    yield* expect(operations === Contract.endpoints.length, `the document has ${operations} operations`)
  }))
