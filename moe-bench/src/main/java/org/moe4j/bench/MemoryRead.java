// SPDX-License-Identifier: Apache-2.0
package org.moe4j.bench;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Threads;
import org.openjdk.jmh.annotations.Warmup;

/**
 * Plain reading of memory, the bound of decoding: bytes a nanosecond are GB/s. Every thread reads a
 * region of its own of 256 MiB, larger than any cache here.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 2, time = 2)
@Measurement(iterations = 5, time = 2)
@Fork(1)
public class MemoryRead {

  private static final int BYTES = 256 << 20;

  private MemorySegment memory;

  /** Touches every page. */
  @Setup
  public void allocate() {
    memory = Arena.ofAuto().allocate(BYTES, 4096);
    memory.fill((byte) 1);
  }

  /** One thread. */
  @Benchmark
  @Threads(1)
  @OperationsPerInvocation(BYTES)
  public long oneThread() {
    return sum();
  }

  /** Two threads; the figure is the sum of both. */
  @Benchmark
  @Threads(2)
  @OperationsPerInvocation(BYTES)
  public long twoThreads() {
    return sum();
  }

  /** Four sums, so that the additions do not wait for each other; C2 makes vectors of it. */
  private long sum() {
    long a = 0;
    long b = 0;
    long c = 0;
    long d = 0;
    for (long at = 0; at < BYTES; at += 32) {
      a += memory.get(ValueLayout.JAVA_LONG, at);
      b += memory.get(ValueLayout.JAVA_LONG, at + 8);
      c += memory.get(ValueLayout.JAVA_LONG, at + 16);
      d += memory.get(ValueLayout.JAVA_LONG, at + 24);
    }
    return a + b + c + d;
  }
}
