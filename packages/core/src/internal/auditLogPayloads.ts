import * as Schema from "effect/Schema"
import * as Tolerant from "../Tolerant.js"
import { described } from "./described.js"
import * as Field from "./field.js"
import * as Limits from "./limits.js"

export const eventTypes = [
  "api_key.created",
  "api_key.updated",
  "api_key.deleted",
  "invite.sent",
  "invite.accepted",
  "invite.deleted",
  "login.succeeded",
  "login.failed",
  "logout.succeeded",
  "logout.failed",
  "organization.updated",
  "project.created",
  "project.updated",
  "project.archived",
  "service_account.created",
  "service_account.updated",
  "service_account.deleted",
  "rate_limit.updated",
  "rate_limit.deleted",
  "user.added",
  "user.updated",
  "user.deleted"
] as const

const text = (description: string) => Schema.optional(Field.string(description))

const scopes = Schema.optional(
  Schema.Array(Schema.String).pipe(described("The scopes of the key, for example `api.model.request`."))
)

const role = text("The role, `owner` or `member`.")

/** What was created: its ID and its fields. */
const created = <Fields extends Schema.Struct.Fields>(what: string, fields: Fields) =>
  Tolerant.struct({}, {
    id: text(`The ID of the ${what}.`),
    data: Schema.optional(Tolerant.struct({}, fields).pipe(described(`The fields of the ${what}.`)))
  }).pipe(described(`What was done to the ${what}.`))

/** What was changed: its ID and its new fields. */
const updated = <Fields extends Schema.Struct.Fields>(what: string, fields: Fields) =>
  Tolerant.struct({}, {
    id: text(`The ID of the ${what}.`),
    changes_requested: Schema.optional(Tolerant.struct({}, fields).pipe(described(`The changes of the ${what}.`)))
  }).pipe(described(`What was changed of the ${what}.`))

const only = (what: string) =>
  Tolerant.struct({}, { id: text(`The ID of the ${what}.`) }).pipe(described(`What was done to the ${what}.`))

const failed = (what: string) =>
  Tolerant.struct({}, {
    error_code: text("The code of the error."),
    error_message: text("The message of the error.")
  }).pipe(described(`Why the ${what} failed.`))

/** The payloads of entries, by their type. Types without a payload are missing. */
export const payloads = {
  "api_key.created": created("API key", { scopes }),
  "api_key.updated": updated("API key", { scopes }),
  "api_key.deleted": only("API key"),
  "invite.sent": created("invite", {
    email: text("The email address that was invited."),
    role: text("The role of the invited user, `owner` or `member`.")
  }),
  "invite.accepted": only("invite"),
  "invite.deleted": only("invite"),
  "login.failed": failed("login"),
  "logout.failed": failed("logout"),
  "organization.updated": updated("organization", {
    title: text("The organization's title."),
    description: text("The organization's description."),
    name: text("The organization's name."),
    settings: Schema.optional(
      Tolerant.struct({}, {
        threads_ui_visibility: text("Who sees threads: `ANY_ROLE`, `OWNERS` or `NONE`."),
        usage_dashboard_visibility: text("Who sees usage: `ANY_ROLE` or `OWNERS`.")
      }).pipe(described("The organization's settings."))
    )
  }),
  "project.created": created("project", {
    name: text("The project's name."),
    title: text("The project's title.")
  }),
  "project.updated": updated("project", { title: text("The project's title.") }),
  "project.archived": only("project"),
  "service_account.created": created("service account", { role }),
  "service_account.updated": updated("service account", { role }),
  "service_account.deleted": only("service account"),
  "rate_limit.updated": updated("rate limit", Limits.optional(Limits.fields)),
  "rate_limit.deleted": only("rate limit"),
  "user.added": created("user", { role }),
  "user.updated": updated("user", { role }),
  "user.deleted": only("user")
}
