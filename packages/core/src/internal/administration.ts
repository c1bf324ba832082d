import * as Schema from "effect/Schema"
import * as Endpoint from "../Endpoint.js"
import * as Pagination from "../Pagination.js"
import * as Struct from "../Struct.js"
import { described } from "./described.js"

// What the resources of the administration share.

export const InviteId = Endpoint.pathParameter("The ID of the invite.")

export const ProjectId = Endpoint.pathParameter("The ID of the project.")

export const UserId = Endpoint.pathParameter("The ID of the user.")

/** The role in an organization. */
export const OrganizationRole = Schema.Literal("owner", "reader").pipe(described("The role in the organization."))

/** The role in a project. */
export const ProjectRole = Schema.Literal("owner", "member").pipe(described("The role in the project."))

/** The query of lists without `order` and `before`. */
export const ListQuery = Struct.make({
  limit: Schema.optional(Pagination.limit({ maximum: 100, default: 20 })),
  after: Schema.optional(Pagination.After)
})
