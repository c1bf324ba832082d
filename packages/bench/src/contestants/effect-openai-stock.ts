import * as NodeHttpClient from "@effect/platform-node/NodeHttpClient"
import { compete } from "../contestant.js"
import { ours } from "./effect-openai.js"

compete(ours(NodeHttpClient.layerUndici))
