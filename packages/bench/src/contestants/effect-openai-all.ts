/** Our client in a program that imports and calls every operation. */
import * as Client from "@effect-openai/client"
import * as Contract from "@effect-openai/core/Contract"
import * as Effect from "effect/Effect"
import { compete } from "../contestant.js"
import { growth, withoutResult } from "./growth.js"

const operations = Object.values(Client).flatMap((module) => Object.values(module)).filter((operation) =>
  typeof operation === "function" && "endpoint" in operation
)

if (operations.length !== Contract.endpoints.length) throw new Error(`${operations.length} operations`)

compete(growth(
  Client.Assistants.retrieve,
  // The request is invalid and not sent, but its validation is compiled.
  Effect.forEach(operations, (operation) => withoutResult(operation({ assistant_id: 1 })), { discard: true })
))
