/** One gateway: its troubles, machines, devices, delivery and computer. */
import { lines, type Panel, row, stat, stretches, table } from './panels.ts'
import { choice, DATASOURCE_VARIABLE } from './variables.ts'

const OF = 'job=~"$job", instance="$instance"'
const DEVICE = `${OF}, device=~"$device"`
const RATE = '[$__rate_interval]'

export const gatewayVariables = [
  DATASOURCE_VARIABLE,
  choice({ name: 'job', label: 'Job', query: 'label_values(millrace_build_info, job)', isMulti: true }),
  choice({
    name: 'instance',
    label: 'Gateway',
    query: 'label_values(millrace_build_info{job=~"$job"}, instance)',
  }),
  choice({
    name: 'machine',
    label: 'Machine',
    query: 'label_values(millrace_machine_status{instance="$instance"}, machine)',
    isMulti: true,
  }),
  choice({
    name: 'device',
    label: 'Device',
    query: 'label_values(millrace_device_up{instance="$instance"}, device)',
    isMulti: true,
  }),
]

const summary: readonly Panel[] = [
  stat(
    { title: 'Ready', description: 'Maps are loaded, and the log takes events.' },
    `min(millrace_ready{${OF}})`,
  ),
  stat(
    { title: 'Troubles', description: 'millrace status says what each is.' },
    `sum(millrace_troubles{${OF}}) or vector(0)`,
    1,
  ),
  stat(
    { title: 'Devices down', description: 'Of those that the maps name.' },
    `count(millrace_device_up{${OF}} == 0) or vector(0)`,
    1,
  ),
  stat(
    { title: 'Waiting events', description: 'For the slowest destination that must have them.' },
    `max(millrace_outbox_pending_events{${OF}})`,
  ),
  stat(
    { title: 'Lag', description: 'Age of the oldest of these.', unit: 's' },
    `max(millrace_outbox_oldest_pending_age_seconds{${OF}})`,
    300,
  ),
  stat(
    { title: 'Up for', description: 'Since its start.', unit: 's' },
    `time() - max(millrace_start_timestamp_seconds{${OF}})`,
  ),
  table(
    {
      title: 'What is wrong',
      description: 'By code; docs/operations.md says what to do.',
      by: 'code',
      heading: 'Code',
      width: 12,
    },
    [{ heading: 'How many', expr: `sum by (code) (millrace_troubles{${OF}})` }],
  ),
  table(
    {
      title: 'About what',
      description: 'Devices, scanners and machines with a trouble.',
      by: 'about',
      heading: 'About',
      width: 12,
    },
    [{ heading: 'Troubles', expr: `sum by (about) (millrace_troubles{${OF}, about!=""})` }],
  ),
]

const plant: readonly Panel[] = [
  row('Machines and devices'),
  stretches(
    { title: 'Status of the machines', description: 'As they show it; 1 while they are in it.' },
    { expr: `millrace_machine_status{${OF}, machine=~"$machine"}`, legend: '{{machine}} {{status}}' },
  ),
  lines(
    { title: 'Age of data', description: 'How long ago all that decides the status was seen.', unit: 's' },
    {
      expr: `topk(10, millrace_machine_data_age_seconds{${OF}, machine=~"$machine"})`,
      legend: '{{machine}}',
    },
  ),
  lines(
    { title: 'Links', description: 'How often they came up or were lost, in each hour.' },
    { expr: `increase(millrace_device_link_changes_total{${DEVICE}}[1h]) > 0`, legend: '{{device}}' },
  ),
  lines(
    { title: 'Readings a second', description: 'Also those in which nothing had changed.', unit: 'cps' },
    { expr: `sum(rate(millrace_device_readings_total{${DEVICE}}${RATE}))`, legend: 'readings' },
    { expr: `sum(rate(millrace_device_failures_total{${DEVICE}}${RATE}))`, legend: 'without an answer' },
    {
      expr: `sum(rate(millrace_device_bad_values_total{${DEVICE}}${RATE}))`,
      legend: 'values that are not good',
    },
  ),
  lines(
    { title: 'Lateness of polls', description: 'How long after its moment a poll begins.', unit: 's' },
    {
      expr: `histogram_quantile(0.99, sum by (le) (rate(millrace_poll_lateness_seconds_bucket{${OF}}${RATE})))`,
      legend: 'p99',
    },
    {
      expr: `histogram_quantile(0.5, sum by (le) (rate(millrace_poll_lateness_seconds_bucket{${OF}}${RATE})))`,
      legend: 'median',
    },
  ),
  table({ title: 'Devices', description: 'Each with its link.', by: 'device', heading: 'Device' }, [
    { heading: 'Up', expr: `max by (device) (millrace_device_up{${DEVICE}})` },
    {
      heading: 'In this state for',
      expr: `time() - max by (device) (millrace_device_state_timestamp_seconds{${DEVICE}})`,
      unit: 's',
    },
    {
      heading: 'Last contact',
      expr: `max by (device) (millrace_device_contact_age_seconds{${DEVICE}})`,
      unit: 's',
    },
    { heading: 'Signals not good', expr: `max by (device) (millrace_device_signals_not_good{${DEVICE}})` },
    { heading: 'Skipped polls', expr: `max by (device) (millrace_device_polls_skipped_total{${DEVICE}})` },
  ]),
  row('Scanners'),
  lines(
    { title: 'Scans a minute', description: 'Good ones are stored, bad ones are not.' },
    {
      expr: `60 * sum by (scanner, verdict) (rate(millrace_scanner_scans_total{${OF}}${RATE}))`,
      legend: '{{scanner}} {{verdict}}',
    },
  ),
  lines(
    {
      title: 'Time to the answer',
      description: 'From the last byte of a scan; a person waits for 150 ms.',
      unit: 's',
    },
    {
      expr: `histogram_quantile(0.99, sum by (le) (rate(millrace_scan_answer_seconds_bucket{${OF}}${RATE})))`,
      legend: 'p99',
    },
  ),
]

const delivery: readonly Panel[] = [
  row('Log and routes'),
  lines(
    { title: 'Events a second', description: 'That are stored, and that land at each route.', unit: 'cps' },
    { expr: `rate(millrace_outbox_events_total{${OF}}${RATE})`, legend: 'stored' },
    { expr: `rate(millrace_route_events_total{${OF}}${RATE})`, legend: '{{route}}' },
  ),
  lines(
    { title: 'Lag of each route', description: 'Age of the oldest event that waits for it.', unit: 's' },
    { expr: `millrace_route_lag_seconds{${OF}}`, legend: '{{route}}' },
  ),
  lines(
    { title: 'Commits', description: 'How long the disk takes for a group of events.', unit: 's' },
    {
      expr: `histogram_quantile(0.99, sum by (le) (rate(millrace_outbox_commit_seconds_bucket{${OF}}${RATE})))`,
      legend: 'p99',
    },
  ),
  lines(
    { title: 'Pushes', description: 'How long a batch takes to its destination.', unit: 's' },
    {
      expr: `histogram_quantile(0.99, sum by (le, route) (rate(millrace_route_push_seconds_bucket{${OF}}${RATE})))`,
      legend: '{{route}} p99',
    },
  ),
  table({ title: 'Routes', description: 'Each destination.', by: 'route', heading: 'Route' }, [
    { heading: 'Up', expr: `max by (route) (millrace_route_up{${OF}})` },
    { heading: 'Waiting events', expr: `max by (route) (millrace_route_pending_events{${OF}})` },
    { heading: 'Quarantine', expr: `max by (route) (millrace_route_quarantined_events{${OF}})` },
    { heading: 'Missed', expr: `max by (route) (millrace_route_missed_events_total{${OF}})` },
    {
      heading: 'Clock offset',
      expr: `max by (route) (millrace_route_clock_offset_seconds{${OF}})`,
      unit: 's',
    },
  ]),
]

const computer: readonly Panel[] = [
  row('Computer'),
  lines(
    { title: 'Processor', description: 'Of this process, in cores.' },
    { expr: `rate(process_cpu_seconds_total{${OF}}${RATE})`, legend: 'cores' },
  ),
  lines(
    { title: 'Memory', description: 'That the process has, and that its objects take.', unit: 'bytes' },
    { expr: `process_resident_memory_bytes{${OF}}`, legend: 'resident' },
    { expr: `millrace_heap_used_bytes{${OF}}`, legend: 'objects' },
  ),
  lines(
    { title: 'Main thread', description: 'How long a due task waits for it.', unit: 's' },
    { expr: `millrace_event_loop_delay_seconds{${OF}}`, legend: '{{of}}' },
  ),
  lines(
    { title: 'Written a day', description: 'To the disk within 24 hours, and the budget.', unit: 'bytes' },
    { expr: `millrace_disk_written_day_bytes{${OF}}`, legend: 'written' },
    { expr: `millrace_disk_budget_day_bytes{${OF}}`, legend: 'budget' },
  ),
  lines(
    { title: 'Disk', description: 'What the databases take, and what is free.', unit: 'bytes' },
    { expr: `millrace_data_file_bytes{${OF}}`, legend: '{{file}}' },
    { expr: `millrace_data_disk_free_bytes{${OF}}`, legend: 'free' },
  ),
  table(
    { title: 'Certificates', description: 'When each ends.', by: 'name', heading: 'Certificate', width: 12 },
    [
      {
        heading: 'Ends in',
        expr: `min by (name) (millrace_certificate_expiry_timestamp_seconds{${OF}}) - time()`,
        unit: 's',
      },
    ],
  ),
]

export const gatewayPanels: readonly Panel[] = [...summary, ...plant, ...delivery, ...computer]
