// Package broker holds what a message broker is set to. The load is one minute of a busy shop.
package broker

// How the log may be flushed: FlushNever, FlushEvery or FlushTimed.
const Flush = FlushEvery

const Partitions = 3
const BatchBytes = 512
const LingerMicros = 0
const FlushMillis = 5
const SegmentKB = 256
const IndexEvery = 4096
const CacheSegments = 4
const FetchBytes = 2048
const FetchWait = 100
const MaxInFlight = 1
const Compress = false
const CompressLevel = 6
const ReplicaAcks = 2
const HeartbeatMs = 50
const RebalanceShare = 0.5
const QueueDepth = 20_000
