/** An OPC UA server in a process of its own, which can be killed. Says its port once it serves. */
import { DataType } from 'node-opcua'
import { startOpcUaServer } from '../../support/opcua-server.ts'

const CHANGES_EACH_MS = 50
const [folder = '', port = '0'] = process.argv.slice(2)
const initial = { dataType: DataType.Double, value: 0 }
const server = await startOpcUaServer({
  folder,
  port: Number(port),
  variables: [{ name: 'n', dataType: 'Double', initial }],
})
setInterval(
  () => server.set('n', { dataType: DataType.Double, value: performance.timeOrigin + performance.now() }),
  CHANGES_EACH_MS,
)
process.send?.({ port: server.port })
