import { ProblemError, problemOfMicrophoneError } from './problem.js';

export interface AudioDevice {
  readonly id: string;
  readonly label: string;
}

export interface AudioDevices {
  readonly microphones: readonly AudioDevice[];
  readonly speakers: readonly AudioDevice[];
}

/** Opens a microphone, the wished one if it is there. @throws ProblemError saying why there is none. */
export async function openMicrophone(deviceId?: string): Promise<MediaStream> {
  if (!window.isSecureContext || navigator.mediaDevices === undefined) {
    throw new ProblemError({ code: 'insecure-origin' });
  }
  try {
    return await navigator.mediaDevices.getUserMedia({
      audio: {
        echoCancellation: true,
        noiseSuppression: true,
        autoGainControl: true,
        ...(deviceId === undefined ? {} : { deviceId: { ideal: deviceId } }),
      },
    });
  } catch (error) {
    throw new ProblemError(problemOfMicrophoneError(error instanceof Error ? error.name : ''), error);
  }
}

export function closeMicrophone(stream: MediaStream): void {
  for (const track of stream.getTracks()) track.stop();
}

/** What can be chosen. Browsers name devices only once the microphone has been allowed. */
export async function listAudioDevices(): Promise<AudioDevices> {
  const devices = (await navigator.mediaDevices?.enumerateDevices().catch(() => [])) ?? [];
  const ofKind = (kind: MediaDeviceKind): AudioDevice[] =>
    devices
      .filter((device) => device.kind === kind && device.deviceId !== '')
      .map((device) => ({ id: device.deviceId, label: device.label }));
  return { microphones: ofKind('audioinput'), speakers: ofKind('audiooutput') };
}
