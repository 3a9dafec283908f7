/** Habits of OPC UA servers in the field, to be taught to the one of the tests. */
import {
  CreateSubscriptionRequest,
  DataChangeNotification,
  NotificationMessage,
  PublishResponse,
  RepublishRequest,
  RepublishResponse,
} from 'node-opcua'
import type { OpcUaHabit } from './opcua-server.ts'

/** Answers each request of a kind so much later. */
export function lags(ms: number, kind?: string): OpcUaHabit {
  return {
    answer: async (answer, request) => {
      if (kind === undefined || request.schema.name === kind)
        await new Promise((wake) => setTimeout(wake, ms))
      return answer
    },
  }
}

/** Publishes no faster than this, and sends keep-alives no more often than after so many intervals. */
export function publishesSlowly(intervalMs: number, keepAliveCount: number): OpcUaHabit {
  return {
    request: (request) => {
      if (!(request instanceof CreateSubscriptionRequest)) return
      request.requestedPublishingInterval = Math.max(intervalMs, request.requestedPublishingInterval)
      request.requestedMaxKeepAliveCount = Math.max(keepAliveCount, request.requestedMaxKeepAliveCount)
    },
  }
}

/** Answers Republish of a message that it does not have with Good and an empty message, as asyncua 2.1 does. */
export function republishesEmptily(): OpcUaHabit {
  return {
    answer: (answer, request) =>
      request instanceof RepublishRequest && !(answer instanceof RepublishResponse)
        ? new RepublishResponse({ notificationMessage: { sequenceNumber: 0, notificationData: [] } })
        : answer,
  }
}

/** Keeps no message for Republish. */
export function forgetsMessages(): OpcUaHabit {
  return {
    request: (request) => {
      if (request instanceof RepublishRequest) request.retransmitSequenceNumber = 0xffff_0000
    },
    answer: (answer) => {
      if (answer instanceof PublishResponse) answer.availableSequenceNumbers = []
      return answer
    },
  }
}

/** Sends a keep-alive in place of this message, and keeps the message. */
export function withholds(number: number): OpcUaHabit {
  return {
    answer: (answer) => {
      if (answer instanceof PublishResponse && answer.notificationMessage.sequenceNumber === number) {
        const { publishTime } = answer.notificationMessage
        answer.notificationMessage = new NotificationMessage({ sequenceNumber: number, publishTime })
      }
      return answer
    },
  }
}

/** Uses up a sequence number for each keep-alive, as older servers do. */
export function countsKeepAlives(): OpcUaHabit {
  let usedUp = 0
  return {
    request: (request) => {
      if (request instanceof RepublishRequest) request.retransmitSequenceNumber -= usedUp
    },
    answer: (answer) => {
      if (!(answer instanceof PublishResponse)) return answer
      const { sequenceNumber, publishTime, notificationData } = answer.notificationMessage
      const isKeepAlive = (notificationData ?? []).length === 0
      const counted = new NotificationMessage({ sequenceNumber: sequenceNumber + usedUp, publishTime })
      counted.notificationData = notificationData
      answer.notificationMessage = counted
      answer.availableSequenceNumbers = (answer.availableSequenceNumbers ?? []).map((n) => n + usedUp)
      if (isKeepAlive) usedUp += 1
      return answer
    },
  }
}

/** Gives no time of the source with its values. */
export function stampsNoSource(): OpcUaHabit {
  return {
    answer: (answer) => {
      if (!(answer instanceof PublishResponse || answer instanceof RepublishResponse)) return answer
      for (const notification of answer.notificationMessage.notificationData ?? []) {
        if (!(notification instanceof DataChangeNotification)) continue
        for (const { value } of notification.monitoredItems ?? []) value.sourceTimestamp = null
      }
      return answer
    },
  }
}
