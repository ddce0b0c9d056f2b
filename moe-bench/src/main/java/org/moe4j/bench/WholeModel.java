// SPDX-License-Identifier: Apache-2.0
package org.moe4j.bench;

import java.nio.file.Path;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.moe4j.Answer;
import org.moe4j.MixtureModel;
import org.moe4j.Request;
import org.moe4j.demo.DemoModel;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * Reading a prompt and generating, through the public API: figures are tokens a second. {@code -p
 * model=PATH} measures another model than the demo model.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.SECONDS)
@Warmup(iterations = 3, time = 5)
@Measurement(iterations = 5, time = 5)
@Fork(
    value = 1,
    jvmArgsAppend = {"--add-modules=jdk.incubator.vector", "--enable-native-access=ALL-UNNAMED"})
public class WholeModel {

  private static final int PROMPT = 512;
  private static final int ANSWER = 64;

  /** The device. */
  @Param({"cpu"})
  public String device;

  /** A GGUF file or a directory; empty for the demo model. */
  @Param({""})
  public String model;

  private MixtureModel opened;
  private int[] prompt;

  /** Opens the model. */
  @Setup
  public void open() {
    Path path = model.isEmpty() ? DemoModel.path() : Path.of(model);
    opened = MixtureModel.builder(path).device(device).open();
    prompt = new Random(1).ints(PROMPT, 0, opened.info().vocabularySize()).toArray();
  }

  /** Closes it. */
  @TearDown
  public void close() {
    opened.close();
  }

  /** A prompt of 512 tokens from an empty cache. */
  @Benchmark
  @OperationsPerInvocation(PROMPT)
  public Answer prefill() {
    return opened.generate(
        Request.tokens(prompt).maxTokens(1).temperature(0).ignoreEnd(true).build());
  }

  /** 64 tokens after one. */
  @Benchmark
  @OperationsPerInvocation(ANSWER)
  public Answer decode() {
    return opened.generate(
        Request.tokens(prompt[0]).maxTokens(ANSWER).temperature(0).ignoreEnd(true).build());
  }
}
