// SPDX-License-Identifier: Apache-2.0
package org.moe4j;

import java.time.Duration;
import java.util.Optional;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Everything that can go wrong, in one sealed family of unchecked exceptions. A message says what
 * is wrong, where (the file and the tensor or key, or the parameter) and what was expected.
 *
 * <p>A message is one line: control characters and line breaks in it become spaces, so that a name
 * or a text out of a file can neither forge a line of a log nor steer a terminal.
 *
 * <p>Programming errors that the type system could not prevent (null arguments, a builder used
 * twice) are the usual {@link NullPointerException} and {@link IllegalStateException} instead.
 */
public abstract sealed class MixtureException extends RuntimeException {

  private static final long serialVersionUID = 1L;

  private static final Pattern CONTROL = Pattern.compile("[\\p{Cc}\\p{Zl}\\p{Zp}]+");

  private MixtureException(String message, @Nullable Throwable cause) {
    super(CONTROL.matcher(message).replaceAll(" ").strip(), cause);
  }

  /** A file is missing, unreadable, damaged or contradicts itself. */
  public static final class BadFile extends MixtureException {
    private static final long serialVersionUID = 1L;
    private final String file;
    private final @Nullable String part;

    /**
     * Creates the exception.
     *
     * @param file the file or directory
     * @param part the tensor, key or region inside the file, or null where the whole file is meant
     * @param problem what was found and what was expected
     * @param cause the underlying failure, or null
     */
    public BadFile(String file, @Nullable String part, String problem, @Nullable Throwable cause) {
      super(file + (part == null ? "" : ": " + part) + ": " + problem, cause);
      this.file = file;
      this.part = part;
    }

    /** The file or directory that is refused. */
    public String file() {
      return file;
    }

    /** The tensor, key or region inside the file, where one can be named. */
    public Optional<String> part() {
      return Optional.ofNullable(part);
    }
  }

  /**
   * The file is sound, but needs something that this version does not have: a family, a tensor
   * type, a setting.
   */
  public static final class Unsupported extends MixtureException {
    private static final long serialVersionUID = 1L;
    private final String where;
    private final String feature;

    /**
     * Creates the exception.
     *
     * @param where the file, tensor or key
     * @param feature what is missing here, such as {@code family "mamba"}
     * @param supported what would be accepted
     */
    public Unsupported(String where, String feature, String supported) {
      super(where + ": " + feature + " is not supported; supported: " + supported, null);
      this.where = where;
      this.feature = feature;
    }

    /** The file, and the tensor or key in it. */
    public String where() {
      return where;
    }

    /** What the model needs and this version lacks. */
    public String feature() {
      return feature;
    }
  }

  /** A request, an option or an argument cannot be carried out as it stands. */
  public static final class BadRequest extends MixtureException {
    private static final long serialVersionUID = 1L;

    /**
     * Creates the exception.
     *
     * @param problem the parameter, its value and what was expected
     */
    public BadRequest(String problem) {
      super(problem, null);
    }

    /**
     * Creates the exception with its cause: for example a chat template that refuses the messages.
     *
     * @param problem the parameter, its value and what was expected
     * @param cause the underlying failure, or null
     */
    public BadRequest(String problem, @Nullable Throwable cause) {
      super(problem, cause);
    }
  }

  /**
   * The request is sound but is not taken now: the queue is full or memory for its state is short.
   */
  public static final class Rejected extends MixtureException {
    private static final long serialVersionUID = 1L;
    private final transient @Nullable Duration retryAfter;

    /**
     * Creates the exception.
     *
     * @param reason what is exhausted, with the bound that was reached
     * @param retryAfter when to try again, or null where waiting will not help
     */
    public Rejected(String reason, @Nullable Duration retryAfter) {
      super(reason, null);
      this.retryAfter = retryAfter;
    }

    /** When to try again, where waiting can help. */
    public Optional<Duration> retryAfter() {
      return Optional.ofNullable(retryAfter);
    }
  }

  /**
   * A device, or a caller's own router or expert, failed while the request ran. The model lives on.
   */
  public static final class Failed extends MixtureException {
    private static final long serialVersionUID = 1L;

    /**
     * Creates the exception.
     *
     * @param what the operation that failed and where
     * @param cause the underlying failure, or null
     */
    public Failed(String what, @Nullable Throwable cause) {
      super(what, cause);
    }
  }

  /** The model was closed before or while the call ran, or opening it was cancelled. */
  public static final class Closed extends MixtureException {
    private static final long serialVersionUID = 1L;

    /**
     * Creates the exception.
     *
     * @param what what was closed or cancelled
     */
    public Closed(String what) {
      super(what, null);
    }
  }
}
