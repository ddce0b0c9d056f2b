// SPDX-License-Identifier: Apache-2.0
package org.moe4j.cli;

import java.nio.file.Path;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import org.moe4j.CacheType;
import org.moe4j.MemoryPlan;
import org.moe4j.MixtureException;
import org.moe4j.MixtureModel;
import org.moe4j.demo.DemoModel;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Options that every subcommand has. */
final class CommonOptions {

  /** Where a model runs; the names are those of the builder. */
  enum DeviceName {
    AUTO,
    SCALAR,
    CPU,
    CUDA
  }

  @Spec(Spec.Target.MIXEE)
  private CommandSpec spec;

  @Option(
      names = "--model",
      paramLabel = "PATH",
      description =
          "GGUF file, or directory with config.json and safetensors; the demo model if left out.")
  private @Nullable Path model;

  @Option(
      names = "--device",
      paramLabel = "NAME",
      description = "auto, scalar, cpu or cuda; auto if left out.")
  private DeviceName device = DeviceName.AUTO;

  @Option(
      names = "--threads",
      paramLabel = "N",
      description = "Worker threads; as many as cores if left out.")
  private @Nullable Integer threads;

  @Option(
      names = "--context",
      paramLabel = "N",
      description = "Most tokens of a sequence; the model's own limit if left out.")
  private @Nullable Integer context;

  @Option(
      names = "--kv",
      paramLabel = "TYPE",
      description = "Cache of keys and values: f32, f16 or q8_0; f16 if left out (trace: f32).")
  private @Nullable CacheType cache;

  @Option(names = "--quiet", description = "Nothing on standard error but errors.")
  private boolean quiet;

  @Option(names = "--debug", description = "Stack traces for errors.")
  private boolean debug;

  // No short form: a text such as "-hello" stays a text.
  @Option(names = "--help", usageHelp = true, description = "Shows this help.")
  @SuppressWarnings("UnusedVariable") // Written and read by picocli.
  private boolean help;

  /** The model's path, unpacking the demo model where none was given. */
  Path path() {
    return model == null ? DemoModel.path() : model;
  }

  /** The model, for messages. */
  String modelName() {
    return model == null ? "demo model" : model.toString();
  }

  boolean modelGiven() {
    return model != null;
  }

  boolean quiet() {
    return quiet;
  }

  boolean debug() {
    return debug;
  }

  int threads() {
    return threads == null ? Runtime.getRuntime().availableProcessors() : threads;
  }

  /** Opens the model with these options, showing how far it is. */
  MixtureModel open() {
    return open(false);
  }

  /**
   * Opens the model with these options, showing how far it is.
   *
   * @param checkValues whether to refuse weights that are NaN or infinite
   */
  MixtureModel open(boolean checkValues) {
    return open(CacheType.F16, 0, checkValues);
  }

  /**
   * Opens the model with these options, showing how far it is.
   *
   * @param defaultCache the cache type where none was given
   * @param defaultContext the context length where none was given, or 0 for the model's own
   */
  MixtureModel open(CacheType defaultCache, int defaultContext) {
    return open(defaultCache, defaultContext, false);
  }

  private MixtureModel open(CacheType defaultCache, int defaultContext, boolean checkValues) {
    try (LoadBar bar = LoadBar.start("loading", quiet)) {
      return builder(path(), defaultCache, defaultContext)
          .checkValues(checkValues)
          .progress((stage, fraction) -> {
            bar.update(fraction);
            return !Thread.currentThread().isInterrupted();
          })
          .open();
    } catch (MixtureException.BadRequest e) {
      // Nothing was asked of the model yet, so it is an option that cannot be.
      throw new ParameterException(spec.commandLine(), e.getMessage(), e);
    }
  }

  /**
   * The memory that a model would take with these options.
   *
   * @param file the model
   */
  MemoryPlan plan(Path file) {
    try {
      return builder(file, CacheType.F16, 0).plan();
    } catch (MixtureException.BadRequest e) {
      throw new ParameterException(spec.commandLine(), e.getMessage(), e);
    }
  }

  private MixtureModel.Builder builder(Path file, CacheType defaultCache, int defaultContext) {
    MixtureModel.Builder builder =
        MixtureModel.builder(file)
            .device(device.name().toLowerCase(Locale.ROOT))
            .cacheType(cache == null ? defaultCache : cache);
    if (threads != null) {
      builder.threads(threads);
    }
    if (context != null || defaultContext > 0) {
      builder.contextLength(context != null ? context : defaultContext);
    }
    return builder;
  }
}
