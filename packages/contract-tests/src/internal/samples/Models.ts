import { Models } from "@effect-openai/client"
import * as Effect from "effect/Effect"
import * as Scenario from "../../Scenario.js"
import * as given from "../scenarios/given.js"
import type { Parameter, Samples } from "./sample.js"

const model: Parameter = {
  unknown: "no-such-model",
  create: (_, index) =>
    index === 0 ?
      given.model :
      Effect.flatMap(Models.list(), ({ data }) =>
        Effect.flatMap(given.model, (chat) =>
          Effect.map(
            Scenario.present("there is a second model", data.find(({ id }) => id !== chat)),
            ({ id }) => id
          )))
}

export const samples: Samples<"Models"> = {
  listModels: {},
  retrieveModel: { parameters: { model } },
  deleteModel: { parameters: { model } }
}
