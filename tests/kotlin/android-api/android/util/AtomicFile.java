package android.util;

import java.io.File;
import java.io.FileNotFoundException;
import java.io.FileOutputStream;
import java.io.IOException;

public class AtomicFile {
  public AtomicFile(File base) {}
  public byte[] readFully() throws IOException { throw new FileNotFoundException(); }
  public FileOutputStream startWrite() throws IOException { throw new UnsupportedOperationException(); }
  public void finishWrite(FileOutputStream stream) {}
  public void failWrite(FileOutputStream stream) {}
  public void delete() {}
}
