/**
 * Invites: who was asked to join the organization.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"
import * as Endpoint from "./Endpoint.js"
import { InviteId, ListQuery, OrganizationRole, ProjectRole } from "./internal/administration.js"
import { described } from "./internal/described.js"
import * as Field from "./internal/field.js"
import * as Pagination from "./Pagination.js"
import * as Resource from "./Resource.js"
import * as Struct from "./Struct.js"
import * as Tolerant from "./Tolerant.js"

// -----------------------------------------------------------------------------
// models
// -----------------------------------------------------------------------------

/**
 * @since 0.1.0
 * @category models
 */
export const Invite = Tolerant.struct({
  id: Field.string("The invite's ID.")
}, {
  object: Field.objectType("organization.invite"),
  email: Field.string("The email address that the invite was sent to."),
  role: OrganizationRole,
  status: Schema.Literal("accepted", "expired", "pending").pipe(described("The status of the invite.")),
  invited_at: Field.timestamp("the invite was sent"),
  expires_at: Field.timestamp("the invite expires"),
  accepted_at: Schema.optional(Field.nullableTimestamp("the invite was accepted")),
  projects: Schema.optional(
    Schema.Array(Tolerant.struct({}, {
      id: Schema.optional(Field.string("The project's ID.")),
      role: Schema.optional(ProjectRole)
    })).pipe(described("The projects that the user joins by accepting the invite."))
  )
}).annotations({ identifier: "Invite", title: "Invite", description: "An invite to the organization." })

export interface Invite extends Schema.Schema.Type<typeof Invite> {}

/**
 * @since 0.1.0
 * @category models
 */
export const ListInvitesResponse = Pagination.page(Invite).annotations({
  identifier: "InviteListResponse",
  description: "A page of invites."
})

export interface ListInvitesResponse extends Schema.Schema.Type<typeof ListInvitesResponse> {}

/**
 * @since 0.1.0
 * @category models
 */
export const InviteRequest = Struct.make({
  email: Field.string("The email address to send the invite to."),
  role: OrganizationRole,
  projects: Schema.optional(
    Schema.Array(Struct.make({
      id: Field.string("The project's ID."),
      role: ProjectRole
    })).pipe(described("The projects that the user joins by accepting the invite. Default: the default project."))
  )
}).annotations({ identifier: "InviteRequest", description: "Request to invite a user." })

export interface InviteRequest extends Schema.Schema.Type<typeof InviteRequest> {}

/**
 * @since 0.1.0
 * @category models
 */
export const DeleteInviteResponse = Field.deletion("InviteDeleteResponse", "organization.invite.deleted", "invite")

export interface DeleteInviteResponse extends Schema.Schema.Type<typeof DeleteInviteResponse> {}

// -----------------------------------------------------------------------------
// operations
// -----------------------------------------------------------------------------

/**
 * @since 0.1.0
 * @category operations
 */
export const list = Endpoint.make({
  name: "list-invites",
  summary: "List invites",
  description: "Returns a page of the organization's invites.",
  method: "GET",
  path: "/organization/invites",
  query: ListQuery,
  success: Endpoint.json(ListInvitesResponse),
  pagination: Endpoint.cursor(),
  family: "administration"
})

/**
 * @since 0.1.0
 * @category operations
 */
export const create = Endpoint.make({
  name: "inviteUser",
  summary: "Create invite",
  description: "Invites a user to the organization. The user has no access until the invite is accepted.",
  method: "POST",
  path: "/organization/invites",
  body: Endpoint.json(InviteRequest),
  success: Endpoint.json(Invite),
  family: "administration"
})

/**
 * @since 0.1.0
 * @category operations
 */
export const retrieve = Endpoint.make({
  name: "retrieve-invite",
  summary: "Retrieve invite",
  description: "Returns an invite.",
  method: "GET",
  path: "/organization/invites/{invite_id}",
  parameters: { invite_id: InviteId },
  success: Endpoint.json(Invite),
  family: "administration"
})

const delete_ = Endpoint.make({
  name: "delete-invite",
  summary: "Delete invite",
  description: "Deletes an invite. An accepted invite can't be deleted.",
  method: "DELETE",
  path: "/organization/invites/{invite_id}",
  parameters: { invite_id: InviteId },
  success: Endpoint.json(DeleteInviteResponse),
  family: "administration"
})

export {
  /**
   * @since 0.1.0
   * @category operations
   */
  delete_ as delete
}

/**
 * @since 0.1.0
 * @category resource
 */
export const resource = Resource.make({
  name: "Invites",
  title: "Invites",
  description: "Invites to the organization.",
  operations: { list, create, retrieve, delete: delete_ }
})
