/** The environment of a session (protocols: UCSPI, tcp-environ(5)). */
import { describe, expect, it } from 'vitest';
import { readUcspi } from '../src/session/ucspi.js';

const nobody = { address: '', port: 0 };

describe('the environment of a session', () => {
  it('of tcpserver', () => {
    expect(
      readUcspi({
        PROTO: 'TCP',
        TCPREMOTEIP: '192.0.2.7',
        TCPREMOTEPORT: '40000',
        TCPLOCALIP: '198.51.100.1',
        TCPLOCALPORT: '587',
      }),
    ).toEqual({
      peer: { address: '192.0.2.7', port: 40_000 },
      local: { address: '198.51.100.1', port: 587 },
      relayClient: false,
    });
  });

  it('of sslserver, whose variables begin with SSL, and TCP where SSL has none', () => {
    const { peer, local } = readUcspi({
      PROTO: 'SSL',
      SSLREMOTEIP: '192.0.2.7',
      TCPREMOTEIP: '203.0.113.1',
      TCPREMOTEPORT: '1',
      TCPLOCALIP: '198.51.100.1',
      SSLLOCALPORT: '465',
    });
    expect({ peer, local }).toEqual({
      peer: { address: '192.0.2.7', port: 1 },
      local: { address: '198.51.100.1', port: 465 },
    });
  });

  it('of tcpserver on an IPv6 socket', () => {
    expect(
      readUcspi({ PROTO: 'TCP6', TCP6REMOTEIP: '2001:db8::7', TCPREMOTEIP: '::1', TCP6REMOTEPORT: '9' }).peer,
    ).toEqual({ address: '2001:db8::7', port: 9 });
    expect(readUcspi({ PROTO: 'TCP', TCPREMOTEIP: '::ffff:192.0.2.7' }).peer.address).toBe('192.0.2.7');
  });

  it('of xinetd and stunnel', () => {
    expect(readUcspi({ REMOTE_HOST: '192.0.2.7', REMOTE_PORT: '40000' }).peer).toEqual({
      address: '192.0.2.7',
      port: 40_000,
    });
  });

  it('of nobody at all', () => expect(readUcspi({})).toEqual({ peer: nobody, local: nobody, relayClient: false }));

  it.each(['mail.example.com', '192.0.2.7 ', '192.0.2.999', '192.0.2.7\n', '', '; rm -rf /'])(
    'takes no word for an address: %j',
    (value) => {
      expect(readUcspi({ PROTO: 'TCP', TCPREMOTEIP: value }).peer).toEqual(nobody);
    },
  );

  it.each(['99999', '-1', '0x50', ' 25', ''])('takes no word for a port: %j', (value) => {
    expect(readUcspi({ TCPREMOTEIP: '192.0.2.7', TCPREMOTEPORT: value }).peer.port).toBe(0);
  });

  it('does not look up names made of PROTO that no UCSPI server would set', () => {
    expect(readUcspi({ PROTO: 'MY_', MY_REMOTEIP: '192.0.2.7', TCPREMOTEIP: '192.0.2.8' }).peer.address).toBe(
      '192.0.2.8',
    );
  });

  it('says what tcprules said', () => {
    expect(readUcspi({ RELAYCLIENT: '' }).relayClient).toBe(true);
    expect(readUcspi({ DATABYTES: '5000' }).messageSize).toBe(5_000);
    expect(readUcspi({ DATABYTES: '0' }).messageSize).toBe(0);
    expect(readUcspi({ DATABYTES: '5k' })).not.toHaveProperty('messageSize');
  });
});
