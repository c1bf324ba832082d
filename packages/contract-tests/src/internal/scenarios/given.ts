import { Assistants } from "@effect-openai/client"
import type * as Contract from "@effect-openai/core/Assistants"
import * as Effect from "effect/Effect"
import * as Scenario from "../../Scenario.js"

// What scenarios begin with. Each thing is deleted when its scenario ends, however that is.

export const assistant = (fields: Partial<Contract.CreateAssistantRequest> = {}) =>
  Effect.flatMap(Scenario.CurrentSettings, ({ models }) =>
    Effect.acquireRelease(
      Assistants.create({ model: models.chat, ...fields }),
      ({ id }) => Effect.ignore(Assistants.delete({ assistant_id: id }))
    ))
