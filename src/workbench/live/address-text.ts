/** The address of a signal for people. */
import { addressText, type ModbusAddress } from '../../drivers/modbus/address.ts'
import { type MqttAddress, topicText } from '../../drivers/mqtt/address.ts'
import { MQTT_PROTOCOL } from '../../drivers/mqtt/driver.ts'
import { nodeText, type OpcUaAddress } from '../../drivers/opcua/address.ts'
import { OPCUA_PROTOCOL } from '../../drivers/opcua/driver.ts'
import { SPARKPLUG_PROTOCOL } from '../../drivers/sparkplug/driver.ts'

/** As the map has it; a register in every form that a manual may use. */
export function addressOf(address: unknown, protocol: string): string {
  if (protocol === OPCUA_PROTOCOL) return nodeText(address as OpcUaAddress)
  if (protocol === SPARKPLUG_PROTOCOL) return address as string
  if (protocol === MQTT_PROTOCOL) return topicText(address as MqttAddress)
  return registerForms(address as ModbusAddress)
}

/** All forms of a register, with the bit, and how long a text is. */
export function registerForms(address: ModbusAddress): string {
  const bit = address.bit === undefined ? '' : `, bit ${address.bit} (0 is the lowest)`
  const chars = address.chars === undefined ? '' : `, ${address.chars} characters`
  return `${addressText(address)}${bit}${chars}`
}
