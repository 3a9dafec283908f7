/** Everything behind the page *Connect*: probing a device, reading it by hand, teach-in, and the map that comes of it. */
import { type Endpoint, endpoint } from '../../console/endpoint.ts'
import { deviceText } from './asked.ts'
import { Searches } from './finding.ts'
import { echoAddresses, plantMachines as listMachines, listProfiles, previewSheet } from './listing.ts'
import { browse, hearTopics } from './looking.ts'
import * as looking from './looking-shapes.ts'
import { makeMap } from './making.ts'
import { madeMap, mapAsk } from './map-shapes.ts'
import type { ConnectParts } from './parts.ts'
import { probe, trust } from './probing.ts'
import { readNow } from './reading.ts'
import * as shapes from './shapes.ts'

/** All but teach-in and playing a map live. */
export function connectEndpoints(parts: ConnectParts): readonly Endpoint[] {
  return [...choices(parts), ...atDevice(parts), ...searches(parts)]
}

/** Nothing of these asks a device. */
function choices(parts: ConnectParts): readonly Endpoint[] {
  return [
    endpoint({
      ...{ method: 'GET', path: '/connect/profiles', role: 'view', answer: shapes.profileList },
      summary: 'The devices whose registers or nodes are known.',
      handle: ({ signal }) => listProfiles(parts, signal),
    }),
    endpoint({
      ...{ method: 'GET', path: '/connect/machines', role: 'view', answer: shapes.plantMachines },
      summary: "The plant's machines as central had them when it was last read, with the map of each.",
      handle: () => listMachines(parts),
    }),
    endpoint({
      ...{
        method: 'POST',
        path: '/connect/sheet',
        role: 'configure',
        body: shapes.sheetAsk,
        answer: shapes.sheetPreview,
      },
      summary: 'What a sheet of signals was understood as; nothing is saved.',
      audit: () => 'looked at a sheet of signals',
      handle: ({ body }) => previewSheet(body),
    }),
    endpoint({
      ...{
        method: 'POST',
        path: '/connect/addresses',
        role: 'configure',
        body: shapes.addressesAsk,
        answer: shapes.addressForms,
      },
      summary: 'Every form of some addresses; no device is asked.',
      audit: () => 'looked at the forms of addresses',
      handle: ({ body }) => echoAddresses(body, parts),
    }),
    endpoint({
      ...{ method: 'POST', path: '/connect/map', role: 'configure', body: mapAsk, answer: madeMap },
      summary: 'The text of a map that was put together, with its faults; nothing is saved.',
      audit: ({ body }) => `put together a map of ${body.machine}`,
      handle: ({ body }) => makeMap(body, parts),
    }),
  ]
}

function atDevice(parts: ConnectParts): readonly Endpoint[] {
  return [
    endpoint({
      ...{
        method: 'POST',
        path: '/connect/probe',
        role: 'configure',
        body: shapes.probeAsk,
        answer: shapes.probeVerdict,
      },
      summary: 'Whether a device can be reached and read, step by step, in words.',
      audit: ({ body }) => `probed ${deviceText(body.device)}`,
      handle: ({ body, signal }) => probe(body, parts, signal),
    }),
    endpoint({
      ...{
        method: 'POST',
        path: '/connect/trust',
        role: 'configure',
        body: shapes.trustAsk,
        answer: shapes.probeVerdict,
      },
      summary: 'Trusts the certificate that an OPC UA server shows now, if it has this fingerprint.',
      audit: ({ body }) => `trusted the certificate ${body.fingerprint} of ${deviceText({ url: body.url })}`,
      handle: ({ body, signal }) => trust(body, parts, signal),
    }),
    endpoint({
      ...{
        method: 'POST',
        path: '/connect/read',
        role: 'configure',
        body: shapes.readAsk,
        answer: shapes.readNow,
      },
      summary: 'Registers or nodes at this moment, in every way in which they may be meant.',
      audit: ({ body }) => `read ${body.addresses.join(', ')} of ${deviceText(body.device)}`,
      handle: ({ body, signal }) => readNow(body, parts, signal),
    }),
    endpoint({
      ...{
        method: 'POST',
        path: '/connect/browse',
        role: 'configure',
        body: looking.browseAsk,
        answer: looking.nodeList,
      },
      summary: 'One level of the tree of an OPC UA server with its values, or what a search finds in it.',
      audit: ({ body }) => `looked around in ${deviceText(body.device)}`,
      handle: ({ body, signal }) => browse(body, parts, signal),
    }),
    endpoint({
      ...{
        method: 'POST',
        path: '/connect/topics',
        role: 'configure',
        body: looking.topicsAsk,
        answer: looking.topicList,
      },
      summary: 'What is published to a broker within some seconds.',
      audit: ({ body }) => `listened to ${body.filter} of ${deviceText(body.device)}`,
      handle: ({ body, signal }) => hearTopics(body, parts, signal),
    }),
  ]
}

function searches(parts: ConnectParts): readonly Endpoint[] {
  const kept = new Searches(parts)
  return [
    endpoint({
      ...{
        method: 'POST',
        path: '/connect/find',
        role: 'configure',
        body: shapes.findAsk,
        answer: shapes.foundPlaces,
      },
      summary: 'Where in a device a value that its display shows may stand.',
      audit: ({ body }) => `looked for ${body.shows} in ${deviceText(body.device)}`,
      handle: ({ body, caller, signal }) => kept.begin(body, caller.name, signal),
    }),
    endpoint({
      method: 'POST',
      path: '/connect/find/:search/again',
      role: 'configure',
      params: shapes.searchParams,
      body: shapes.findAgain,
      answer: shapes.foundPlaces,
      summary: 'Reads the places that a search has found once more.',
      audit: () => 'read again what a search has found',
      handle: ({ params, body, caller, signal }) =>
        kept.again(params.search, body.shows, caller.name, signal),
    }),
  ]
}
